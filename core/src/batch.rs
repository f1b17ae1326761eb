//! Batches: the tasks of one push, and how far they are.

use crate::name::{BatchId, QueueName};
use crate::task::TaskId;
use crate::time::Timestamp;

/// A push about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBatch {
    /// Its name; a later push under the same name resumes it.
    pub id: BatchId,
    /// The queue its tasks go to.
    pub queue: QueueName,
    /// Tells the source apart from other sources: a digest of the file and of how it is read.
    pub source: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How far a push has come. Kept with the batch, so that a push cut short goes on from here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// How many lines of the source were read, refused ones among them.
    pub lines: u64,
    /// How many of those lines were refused.
    pub refused: u64,
    /// Whether the source was read to its end.
    pub complete: bool,
}

/// What an outbox knows of a batch when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// Made just now.
    New,
    /// It was there, made from the same source, and came this far.
    Resumed(Mark),
    /// It was there, and was made from another source.
    Foreign,
}

/// A task of a batch: what is counted, once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Member {
    /// The batch.
    pub batch: BatchId,
    /// The task, by the id that its place gives it. No two of a batch are the same, but for copies of one task.
    pub task: TaskId,
}

/// A batch's counts. A task is counted once, however often it was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Tasks sent.
    pub known: u64,
    /// Tasks whose call ended well.
    pub done: u64,
    /// Tasks in the dead-letter queue.
    pub dead: u64,
    /// Tasks that were never called, because their batch was canceled.
    pub skipped: u64,
}

impl Tally {
    /// Tasks that have not ended: waiting, delayed or in flight.
    pub fn open(self) -> u64 {
        self.known.saturating_sub(self.done).saturating_sub(self.dead).saturating_sub(self.skipped)
    }
}

/// What a batch has in one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The queue.
    pub queue: QueueName,
    /// The counts of those of its tasks that were sent to this queue.
    pub tally: Tally,
}

/// One batch at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSummary {
    /// Its name.
    pub id: BatchId,
    /// The queue its tasks were pushed to.
    pub queue: QueueName,
    /// What it was made from, as [`NewBatch`] had it.
    pub source: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether its source was read to the end.
    pub complete: bool,
    /// Since when nothing more of it is called, if it was canceled.
    pub canceled_at: Option<Timestamp>,
    /// When its last task ended, if nothing of it is open.
    pub finished_at: Option<Timestamp>,
    /// Why no task goes on from its end though one should, if so.
    pub unfollowed: Option<String>,
    /// Its counts.
    pub tally: Tally,
}

impl BatchSummary {
    /// Whether nothing of it is open, and nothing more comes.
    pub fn has_ended(&self) -> bool {
        self.complete && self.tally.open() == 0
    }
}
