//! Completions: batches of which nothing is open any more.

use serde::Serialize;
use serde_json::Value;

use crate::batch::{BatchSummary, NewBatch};
use crate::growth::Program;
use crate::name::QueueName;
use crate::settlement::Child;
use crate::time::Timestamp;

/// What is done when a batch has ended: any of these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnComplete {
    /// A task is pushed.
    pub task: Option<FollowUp>,
    /// A program is run with these arguments; none where it is empty.
    pub command: Vec<String>,
    /// A url is called.
    pub url: Option<String>,
}

/// A task that is pushed when a batch has ended: fan-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its queue.
    pub queue: QueueName,
    /// Makes it of the summary.
    pub task: Program,
}

/// A batch that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The batch, as it was when its last task ended.
    pub batch: BatchSummary,
    /// The instant.
    pub finished_at: Timestamp,
    /// How many times it has ended by now: again after dead tasks of it were sent back.
    pub times: u32,
}

/// What goes on from the end of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sequel {
    /// Nothing.
    Nothing,
    /// A batch of one task.
    Task(Box<(NewBatch, Child)>),
    /// Nothing, though a task should: its program failed, as it would each time. What is wrong, in words.
    Failed(String),
}

/// What became of a sequel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// There was none.
    Nothing,
    /// Its task is in this queue.
    Pushed(QueueName),
    /// There is none and never will be, for this reason.
    Failed(String),
}

impl Followed {
    /// Why nothing goes on from the end though something should, if so.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            Self::Nothing | Self::Pushed(_) => None,
        }
    }
}

/// What is told of a completion.
#[derive(Serialize)]
struct Told<'a> {
    batch: &'a str,
    queue: &'a str,
    created_at: String,
    finished_at: String,
    seconds: f64,
    times: u32,
    known: u64,
    done: u64,
    dead: u64,
    skipped: u64,
    canceled: bool,
}

impl Completion {
    /// What is told of it: to hooks, to the program that makes the task to push, and on AWS in the event.
    pub fn summary(&self) -> Value {
        let batch = &self.batch;
        serde_json::json!(Told {
            batch: batch.id.as_str(),
            queue: batch.queue.as_str(),
            created_at: batch.created_at.to_string(),
            finished_at: self.finished_at.to_string(),
            seconds: self.finished_at.since(batch.created_at).as_secs_f64(),
            times: self.times,
            known: batch.tally.known,
            done: batch.tally.done,
            dead: batch.tally.dead,
            skipped: batch.tally.skipped,
            canceled: batch.canceled_at.is_some(),
        })
    }
}
