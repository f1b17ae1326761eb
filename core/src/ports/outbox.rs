//! Sends tasks to queues.

use std::future::Future;
use std::time::Duration;

use crate::batch::{Mark, NewBatch, Opened};
use crate::completion::{Followed, Sequel};
use crate::fault::Fault;
use crate::name::{BatchId, QueueName};
use crate::settlement::{Child, Parcel};

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

    /// Pushes what goes on from the end of a batch.
    ///
    /// Ok promises that its task is durable, known and all of its batch. Repeats are safe: what was pushed whole isn't
    /// sent again. Where there is a batch of its name made by somebody else, it is `Failed`.
    fn follow(&self, sequel: Sequel) -> impl Future<Output = Result<Followed, Fault>> + Send {
        async move {
            let (batch, Child { queue, parcel, delay, .. }) = match sequel {
                Sequel::Nothing => return Ok(Followed::Nothing),
                Sequel::Failed(why) => return Ok(Followed::Failed(why)),
                Sequel::Task(task) => *task,
            };
            match self.open(&batch).await? {
                Opened::Foreign => {
                    let why = format!("there is a batch '{}' of somebody else's already", batch.id);
                    return Ok(Followed::Failed(why));
                }
                Opened::Resumed(mark) if mark.complete => return Ok(Followed::Pushed(queue)),
                Opened::New | Opened::Resumed(_) => {}
            }
            let whole = Mark { lines: 1, refused: 0, complete: true };
            self.send(&queue, &batch.id, vec![(parcel, delay)], whole).await?;
            Ok(Followed::Pushed(queue))
        }
    }
}
