//! Which batches have ended, for those who want to be told.

use std::future::Future;
use std::time::Duration;

use crate::completion::{Completion, Followed};
use crate::fault::Fault;
use crate::name::QueueName;

/// Which batches have ended, for those who want to be told.
pub trait Completions: Send + Sync {
    /// Up to `most` completions that nobody was told of yet, oldest first, of batches that were pushed to these queues: who
    /// doesn't know a queue doesn't know what is to be done either. Nobody else is given them for `hold`.
    ///
    /// A batch has ended when its source was read to the end and each of its known tasks is done, dead or skipped. It is
    /// here from the write on that ended its last task, once each time it ends.
    fn untold(
        &self,
        of: &[QueueName],
        most: usize,
        hold: Duration,
    ) -> impl Future<Output = Result<Vec<Completion>, Fault>> + Send;

    /// Notes that a completion was told, and what went on from it. Repeats are safe. One whose batch is open again by now is
    /// forgotten.
    fn told(
        &self,
        completion: &Completion,
        followed: &Followed,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}
