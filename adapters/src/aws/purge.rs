//! Deletes every task of a queue.

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::QueueName;

use super::failure;
use super::store::AwsStore;

impl<C> AwsStore<C> {
    /// Has SQS delete every task of a queue, which takes up to a minute and can be asked for once a minute. Their
    /// batches go on counting them as open: SQS doesn't say which they were.
    pub async fn purge(&self, queue: &QueueName) -> Result<(), Fault> {
        let operation = format!("purge queue '{queue}'");
        // All of them, also where one was purged a moment ago.
        let mut purged = Ok(());
        for lane in self.shared.stack.lanes(queue) {
            purged = purged.and(self.purge_lane(&operation, lane).await);
        }
        purged
    }

    async fn purge_lane(&self, operation: &str, lane: String) -> Result<(), Fault> {
        let at = self.address(operation, lane).await?;
        match self.shared.queues.purge_queue().queue_url(&at.url).send().await {
            Ok(_) => Ok(()),
            Err(error) if failure::code(&error).is_some_and(|code| code.contains("PurgeQueueInProgress")) => {
                let cause = "it was purged less than a minute ago, and SQS does that once a minute";
                Err(Fault::new(FaultKind::Passing, operation).caused_by(cause))
            }
            Err(error) => Err(self.queue_fault(operation, &at, error)),
        }
    }
}
