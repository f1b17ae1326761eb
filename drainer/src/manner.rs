//! How a drainer treats its backend: what can be had at once, what a request costs, how long one takes.

use std::time::Duration;

use jobq_core::policy::company::Company;
use jobq_core::policy::room::Receiving;
use jobq_core::stack::LONGEST_DELAY;

/// Endings that are due within this go along with those that are due now.
pub(crate) const ALONG: Duration = Duration::from_millis(20);

/// The longest a record waits for others over SQS.
const MOST_LINGER: Duration = Duration::from_secs(15);

/// How a drainer treats its backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    /// How receives are made.
    pub receiving: Receiving,
    /// How endings are settled.
    pub settling: Settling,
    /// How many times in a row all queues must be found empty to be believed so.
    pub empty_rounds: u32,
    /// What is kept free before a deadline.
    pub margin: Margin,
    /// By how much drainers that wait for the same slots ask at different instants, each after a look at what is there: a
    /// write that comes too late is paid for like any other. Zero: whoever has waited longest asks first.
    pub spread: Duration,
    /// For how long a task can be hidden, if not for any time: one that waits longer is received too early and sent on.
    pub longest_delay: Option<Duration>,
}

/// What a drainer keeps free before its deadline. The last call starts so long before it as nearly all calls take
/// (their 95th percentile, `call` at least) and `settle` besides; a call still under way `settle` before it is broken
/// off and its task handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// How long a call takes at least, as far as this goes.
    pub call: Duration,
    /// For what is left to do when no call is under way any more: records, settlements, the ledger.
    pub settle: Duration,
}

/// How endings are settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling {
    /// How much company an ending with a record waits for.
    pub recorded: Company,
    /// How much company an ending without one waits for.
    pub plain: Company,
    /// How many batches may be under way at once: while one is written, the next is gathered and sent after it.
    pub batches: usize,
}

impl Manner {
    /// Over a store of this machine: a request costs next to nothing, and one can bring anything.
    pub fn local() -> Self {
        Self {
            receiving: Receiving {
                at_once: usize::MAX,
                under_way: 1,
                part: 4,
                // Short, because a stop waits for it too.
                first_wait: Duration::from_millis(500),
                longest_wait: Duration::from_millis(500),
                beside_wait: Duration::ZERO,
                patience: Duration::MAX,
            },
            // Each batch is a write that waits for the disk; at a few hundred calls a second this makes one of
            // what would be many, and no task is held up by it.
            settling: Settling {
                recorded: Company { linger: ALONG, count: 256, bytes: usize::MAX },
                plain: Company { linger: ALONG, count: 256, bytes: usize::MAX },
                batches: 2,
            },
            empty_rounds: 1,
            margin: Margin { call: Duration::ZERO, settle: Duration::ZERO },
            spread: Duration::ZERO,
            longest_delay: None,
        }
    }

    /// Over SQS and S3, for queues whose deliveries stay hidden for `visibility` at least: every request is paid for,
    /// moves ten tasks at most, and one object holds many records.
    pub fn over_sqs(visibility: Duration) -> Self {
        Self {
            receiving: Receiving {
                at_once: 10,
                under_way: 8,
                part: 1,
                first_wait: Duration::from_secs(1),
                longest_wait: Duration::from_secs(20),
                // Not zero: that would ask only some of a queue's hosts. It answers as soon as there is a task.
                beside_wait: Duration::from_secs(1),
                patience: Duration::from_secs(1),
            },
            settling: Settling {
                recorded: Company { linger: MOST_LINGER.min(visibility / 4), count: 1_000, bytes: 4 << 20 },
                plain: Company { linger: Duration::from_secs(1), count: 100, bytes: 1 << 20 },
                batches: 6,
            },
            // Its counts lag, and each round lasts as long as a first wait.
            empty_rounds: 3,
            // A put of 4 MiB from a small function and a hundred deletes after it take one to three seconds.
            margin: Margin { call: Duration::from_secs(2), settle: Duration::from_secs(5) },
            // Slots are given out half a second ahead: none is lost by this.
            spread: Duration::from_millis(200),
            longest_delay: Some(LONGEST_DELAY),
        }
    }
}
