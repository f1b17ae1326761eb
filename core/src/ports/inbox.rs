//! Receives tasks from queues and settles them.

use std::future::Future;
use std::time::Duration;

use crate::delivery::{Delivery, Receipt};
use crate::fault::Fault;
use crate::name::QueueName;
use crate::settlement::{Settled, Settlement};

/// Receives tasks from queues and settles them.
pub trait Inbox: Send + Sync {
    /// Receives up to `max` tasks and hides each from others for `visibility`.
    ///
    /// Waits up to `wait` for the first one; an empty answer isn't proof of an empty queue. May return fewer
    /// than are there, out of order, and the same task twice. A task not settled or extended before its
    /// visibility ends is given out again. Dropping the future may leave tasks hidden until then.
    fn receive(
        &self,
        queue: &QueueName,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;

    /// Hides deliveries for `visibility` from now on. Answers entry by entry, in order: `Stale` where the
    /// delivery is no longer the latest. Repeats are safe.
    fn extend(
        &self,
        queue: &QueueName,
        receipts: &[Receipt],
        visibility: Duration,
    ) -> impl Future<Output = Result<Vec<Settled>, Fault>> + Send;

    /// Ends deliveries.
    ///
    /// Ok promises, entry by entry and in order: `Held`, the end is durable, and its batch's count was
    /// raised with it; or `Stale`, nothing was changed. A copy or letter is durable before its original is
    /// deleted. A fault means that any of it may have happened: a repeat answers `Stale` for what had
    /// happened, and may then send a copy twice where the adapter can't write both at once.
    fn settle(&self, settlements: &[Settlement]) -> impl Future<Output = Result<Vec<Settled>, Fault>> + Send;
}
