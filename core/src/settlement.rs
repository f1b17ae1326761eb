//! Settlements: how a delivery ends. Every delivery ends as exactly one, or is left to expire on purpose.

use std::time::Duration;

use crate::batch::Member;
use crate::delivery::Receipt;
use crate::name::{BatchId, QueueName};
use crate::task::{Priority, TaskId};

/// An envelope sealed for sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The encoded envelope.
    pub body: Vec<u8>,
    /// Its batch, for fair order and counts.
    pub batch: BatchId,
    /// How soon it is served beside others.
    pub priority: Priority,
}

/// A task that another one's answer made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The queue it goes to.
    pub queue: QueueName,
    /// Who it is in its parent's batch.
    pub task: TaskId,
    /// The task, in its parent's batch.
    pub parcel: Parcel,
    /// How long it waits before it is visible.
    pub delay: Duration,
}

/// The largest envelope. SQS takes a message of 1 MiB; what is left is for the attempts an envelope gathers and for
/// what a dead letter adds to it.
pub const LARGEST_ENVELOPE: usize = (1 << 20) - (64 << 10);

/// How one delivery ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The queue the delivery came from.
    pub queue: QueueName,
    /// The delivery.
    pub receipt: Receipt,
    /// Its end.
    pub end: End,
}

/// The ends a delivery can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Its record is stored: send its children and count them as known, then delete it and count its batch's task as
    /// done.
    Done {
        /// The task that is done.
        of: Member,
        /// What its answer made, all of it in this batch.
        children: Vec<Child>,
    },
    /// Send this copy to the same queue, hidden for the delay, then delete the original.
    Retry {
        /// The copy, with the attempt in its history.
        copy: Parcel,
        /// How long the copy stays hidden.
        delay: Duration,
    },
    /// Send this letter to the dead-letter queue, then delete the original and count its task as dead.
    Dead {
        /// The encoded dead letter.
        letter: Vec<u8>,
        /// The task that is dead; none if the message was no envelope.
        of: Option<Member>,
    },
    /// Delete it and count its task as skipped: its batch was canceled before it was called.
    Skipped {
        /// The task that won't be called.
        of: Member,
    },
    /// Hand it back as it came: it was never called, or its end is unknown. Its receive is uncounted where the
    /// backend can do that.
    Release,
}

/// What became of one settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It holds.
    Held,
    /// The delivery had expired and been given out again, or settled before: nothing was changed.
    Stale,
}
