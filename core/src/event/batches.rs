//! What happens in a push.

use super::telling::{Key, Level, Telling, Told, beginning};
use crate::batch::Tally;
use crate::name::{BatchId, QueueName};

/// A line of a task file was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRefused {
    /// Its number, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub error: String,
}

/// Tasks have arrived in their queue, one load after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksSent {
    /// In this queue.
    pub queue: QueueName,
    /// How many so far.
    pub count: u64,
}

/// The whole of a source was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPushed {
    /// As this batch.
    pub batch: BatchId,
    /// To this queue.
    pub queue: QueueName,
    /// How many tasks were sent.
    pub sent: u64,
    /// How many were left out because their like was sent before.
    pub duplicates: u64,
    /// How many lines were refused.
    pub refused: u64,
}

impl Telling for LineRefused {
    fn name(&self) -> &'static str {
        "line_refused"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::Line, Told::Count(self.line)), (Key::Error, beginning(&self.error))]
    }
}

impl Telling for TasksSent {
    fn name(&self) -> &'static str {
        "tasks_sent"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::Queue, Told::Text(self.queue.as_str())), (Key::Tasks, Told::Count(self.count))]
    }
}

/// A batch has ended, with all that grew from it, and everybody who wanted to know was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFinished {
    /// The batch.
    pub batch: BatchId,
    /// The queue it was pushed to.
    pub queue: QueueName,
    /// Its counts.
    pub tally: Tally,
}

impl Telling for BatchFinished {
    fn name(&self) -> &'static str {
        "batch_finished"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let Tally { known, done, dead, skipped } = self.tally;
        vec![
            (Key::Batch, Told::Text(self.batch.as_str())),
            (Key::Queue, Told::Text(self.queue.as_str())),
            (Key::Known, Told::Count(known)),
            (Key::Done, Told::Count(done)),
            (Key::Dead, Told::Count(dead)),
            (Key::Skipped, Told::Count(skipped)),
        ]
    }
}

/// A task should have gone on from the end of a batch, and none ever will: its program failed, as it would each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchUnfollowed {
    /// The batch.
    pub batch: BatchId,
    /// The queue it was pushed to.
    pub queue: QueueName,
    /// Why.
    pub error: String,
}

impl Telling for BatchUnfollowed {
    fn name(&self) -> &'static str {
        "batch_unfollowed"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![
            (Key::Batch, Told::Text(self.batch.as_str())),
            (Key::Queue, Told::Text(self.queue.as_str())),
            (Key::Error, beginning(&self.error)),
        ]
    }
}

impl Telling for BatchPushed {
    fn name(&self) -> &'static str {
        "batch_pushed"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![
            (Key::Queue, Told::Text(self.queue.as_str())),
            (Key::Batch, Told::Text(self.batch.as_str())),
            (Key::Tasks, Told::Count(self.sent)),
            (Key::Duplicates, Told::Count(self.duplicates)),
            (Key::Refused, Told::Count(self.refused)),
        ]
    }
}
