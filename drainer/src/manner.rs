//! How a drainer treats its backend: what can be had at once, what a request costs, how long one takes.

use std::time::Duration;

use jobq_core::policy::room::Receiving;

/// How a drainer treats its backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    /// How receives are made.
    pub receiving: Receiving,
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
        }
    }

    /// Over SQS: every request is paid for, and moves ten tasks at most.
    pub fn over_sqs() -> Self {
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
        }
    }
}
