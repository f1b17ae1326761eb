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
    /// the stored mark, doubles nothing; one that can't stores the mark last, and counts nothing where the stored mark is
    /// as far already. A fault means that none, some
    /// or all of it may have happened. Only a parcel that is larger, or delayed for longer, than the backend
    /// takes is refused before anything is sent: that fault lasts and says which of the two it is.
    ///
    /// Parcels may be none: then only the mark moves. The end of a batch whose tasks have all ended is noted, or told, by
    /// the mark that completes it. A body arrives as a text that decodes to the same
    /// envelope.
    fn send(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<(Parcel, Duration)>,
        mark: Mark,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}
