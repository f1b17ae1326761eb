//! Sends tasks to queues.

use std::future::Future;
use std::time::Duration;

use crate::batch::{Mark, NewBatch, Opened};
use crate::fault::Fault;
use crate::name::{BatchId, QueueName};
use crate::settlement::Parcel;

/// Sends tasks to queues and keeps how far a push has come.
pub trait Outbox: Send + Sync {
    /// Makes the batch, or finds it.
    ///
    /// Ok promises that the batch is durable. Repeating it is safe and answers `Resumed`. A batch of the
    /// same id made from another source, or for another queue, is `Foreign` and left as it is.
    fn open(&self, batch: &NewBatch) -> impl Future<Output = Result<Opened, Fault>> + Send;

    /// Sends parcels to a queue and moves the batch's mark.
    ///
    /// Ok promises that every parcel is durable, each visible after its delay, that the batch's `known`
    /// count has risen by their number, and that the mark is stored: never the mark without the parcels.
    /// An adapter that can write all of it at once does, so that a repeat after a crash, which starts from
    /// the stored mark, doubles nothing. A fault means that none, some or all of it may have happened.
    /// Parcels may be none: then only the mark moves.
    fn send(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<(Parcel, Duration)>,
        mark: Mark,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}
