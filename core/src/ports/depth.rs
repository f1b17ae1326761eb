//! Measures queues.

use std::future::Future;
use std::time::Duration;

use crate::fault::Fault;
use crate::name::QueueName;

/// How many tasks a queue holds, by what they wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueDepth {
    /// May be received now.
    pub ready: u64,
    /// Received and not settled yet.
    pub in_flight: u64,
    /// Hidden until their delay ends.
    pub delayed: u64,
    /// In the dead-letter queue.
    pub dead: u64,
    /// How long the oldest task that may be received has waited, if there is one and the backend can tell.
    pub oldest: Option<Duration>,
}

/// Measures queues.
pub trait Depth: Send + Sync {
    /// Counts a queue's tasks. Changes nothing. Counts may lag behind by seconds where the backend's do; a
    /// queue nobody has used yet is empty, not a fault.
    fn measure(&self, queue: &QueueName) -> impl Future<Output = Result<QueueDepth, Fault>> + Send;
}
