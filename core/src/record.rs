//! Records: what a sink keeps of the attempt that settled a task, and of those before it.

use std::time::Duration;

use crate::attempt::Attempt;
use crate::name::{BatchId, QueueName};
use crate::task::{Method, TaskId};
use crate::time::Timestamp;

/// The answer that settled a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The task.
    pub task: TaskId,
    /// The queue it was served from.
    pub queue: QueueName,
    /// Its batch.
    pub batch: BatchId,
    /// The url as pushed, secrets by name.
    pub url: String,
    /// The method called with.
    pub method: Method,
    /// The status of the answer.
    pub status: u16,
    /// Which call of the task this was, counted from 1, throttled ones included.
    pub attempt: u32,
    /// When the call was started.
    pub started_at: Timestamp,
    /// How long the call took.
    pub latency: Duration,
    /// The response headers the queue keeps.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// The attempts before this one, oldest first, as far as the task's history keeps them.
    pub earlier: Vec<Attempt>,
}
