//! Sends tasks whose like was not sent before.

use std::future::Future;

use crate::batch::Mark;
use crate::fault::Fault;
use crate::likeness::{Once, Single};
use crate::name::{BatchId, QueueName};

/// Sends tasks whose like was not sent before: an outbox that remembers, for a push that asks for it.
pub trait Singles: Send + Sync {
    /// Sends those parcels to a queue whose like it doesn't remember, remembers them, and moves the batch's mark.
    ///
    /// Ok promises what the `send` of an outbox promises, of those that are answered with `Sent`, in the order of
    /// `parcels`. Of several alike in one call one is sent. What is remembered was sent, or is sent by a push that has
    /// just begun to and may still: a push that was killed in between has at most 30 seconds to go on, and then its
    /// tasks count as never sent. So a task is never left out for one that doesn't come; after a crash, or if two
    /// pushes stand still for that long, one may be sent twice. The batch must have been opened.
    ///
    /// Repeating a call after a fault is safe if the stored mark says that it didn't come to its end: what the first one
    /// had sent is not taken for somebody else's, and may be sent again where an adapter can't write all of it at once.
    fn send_once(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<Single>,
        mark: Mark,
    ) -> impl Future<Output = Result<Vec<Once>, Fault>> + Send;
}
