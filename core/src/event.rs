//! Events: what happened in a flow, for logs, counters and progress. Noun plus past verb.

use std::time::Duration;

use crate::death::Reason;
use crate::name::{LimitName, QueueName};
use crate::policy::calendar::book::Why;

/// One thing that happened while draining or pushing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Deliveries came in.
    TasksReceived {
        /// From where.
        queue: QueueName,
        /// How many.
        count: usize,
    },
    /// There is nothing to receive now, though the queues hold tasks: delayed ones, or ones other drainers have.
    TasksAwaited {
        /// How many.
        count: u64,
    },
    /// Slots of the limit's calendar were booked.
    LeaseBooked {
        /// On which limit.
        limit: LimitName,
        /// How many slots.
        count: u32,
    },
    /// The limit has no slot now.
    LeaseDeferred {
        /// Which limit.
        limit: LimitName,
        /// For what reason.
        why: Why,
        /// For how long.
        wait: Duration,
    },
    /// A slot passed its use-by instant without a call.
    SlotsForfeited {
        /// On which limit.
        limit: LimitName,
        /// How many.
        count: u32,
    },
    /// A call was started.
    CallStarted {
        /// For a task of this queue.
        queue: QueueName,
    },
    /// A call ended.
    CallEnded {
        /// For a task of this queue.
        queue: QueueName,
        /// The status, if an answer came.
        status: Option<u16>,
        /// How long it took.
        latency: Duration,
    },
    /// The API said it was called too fast; the limit cools.
    LimitCooled {
        /// Which limit.
        limit: LimitName,
        /// The status that said so.
        status: u16,
    },
    /// The ledger doesn't answer, and a drainer goes on with its own share of the limit.
    DrainerWentAlone {
        /// On which limit.
        limit: LimitName,
        /// Its share is one of so many.
        of: u32,
    },
    /// The ledger answers again, and a drainer books with the others.
    DrainerRejoined {
        /// On which limit.
        limit: LimitName,
    },
    /// A task ended well and its record is stored.
    TaskDone {
        /// In this queue.
        queue: QueueName,
    },
    /// A task waits to be tried again.
    TaskRetried {
        /// In this queue.
        queue: QueueName,
        /// For how long.
        delay: Duration,
        /// Whether an attempt was spent.
        spent: bool,
    },
    /// A task went to the dead-letter queue.
    TaskDied {
        /// Of this queue.
        queue: QueueName,
        /// For this reason.
        reason: Reason,
    },
    /// A delivery was handed back without a call.
    TaskReleased {
        /// To this queue.
        queue: QueueName,
    },
    /// A delivery had expired and was somebody else's when it was to be settled.
    SettlementStale {
        /// In this queue.
        queue: QueueName,
    },
    /// An operation on a port failed and will be tried again.
    OperationFailed {
        /// The fault with its causes, in one line.
        error: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// An operation that had failed works again.
    OperationRecovered,
}
