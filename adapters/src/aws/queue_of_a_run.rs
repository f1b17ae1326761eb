//! The queue of a run: made for one file of calls beside the stack's own, and gone when it is done with.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::QueueName;
use jobq_core::queue::Queue;
use jobq_core::stack::{LETTER_RETENTION, MAX_RECEIVES, RUN_TAG, TASK_RETENTION};
use serde_json::json;

use super::failure::fault;
use super::store::AwsStore;

impl<C> AwsStore<C> {
    /// Makes a queue's lanes and its dead-letter queue as the stack's are made, or finds them. Repeats are safe.
    pub async fn make_queue(&self, queue: &Queue) -> Result<(), Fault> {
        let stack = &self.shared.stack;
        let retention = |length: std::time::Duration| length.as_secs().to_string();
        let letters = HashMap::from([
            (Attribute::MessageRetentionPeriod, retention(LETTER_RETENTION)),
            (Attribute::SqsManagedSseEnabled, "true".to_owned()),
        ]);
        let letters = self.make(stack.dead_letter_queue(&queue.name), letters).await?;
        let redrive =
            json!({ "deadLetterTargetArn": self.arn(&letters).await?, "maxReceiveCount": MAX_RECEIVES });
        let tasks = HashMap::from([
            (Attribute::MessageRetentionPeriod, retention(TASK_RETENTION)),
            (Attribute::RedrivePolicy, redrive.to_string()),
            (Attribute::SqsManagedSseEnabled, "true".to_owned()),
            (Attribute::VisibilityTimeout, queue.visibility.as_millis().div_ceil(1_000).to_string()),
        ]);
        for lane in stack.lanes(&queue.name) {
            self.make(lane, tasks.clone()).await?;
        }
        Ok(())
    }

    /// Deletes a run's queue and its dead-letter queue, whatever is in them. Repeats are safe.
    pub async fn delete_queue(&self, queue: &QueueName) -> Result<(), Fault> {
        let stack = &self.shared.stack;
        for name in stack.lanes(queue).into_iter().chain([stack.dead_letter_queue(queue)]) {
            let operation = format!("delete the queue {name}");
            if let Some(address) = self.look_up(&operation, name).await? {
                let deleted = self.shared.queues.delete_queue().queue_url(&address.url).send().await;
                deleted.map_err(|error| self.queue_fault(&operation, &address, error))?;
            }
        }
        Ok(())
    }

    /// Makes a queue and answers its url.
    async fn make(&self, name: String, attributes: HashMap<Attribute, String>) -> Result<String, Fault> {
        let operation = format!("make the queue {name}");
        let request = self.shared.queues.create_queue().queue_name(&name);
        let made = request
            .set_attributes(Some(attributes))
            .tags(RUN_TAG, self.shared.stack.name.as_str())
            .send()
            .await
            .map_err(|error| fault(operation.as_str(), error))?;
        made.queue_url.ok_or_else(|| Fault::new(FaultKind::Passing, format!("{operation}: SQS told no url")))
    }

    async fn arn(&self, url: &str) -> Result<String, Fault> {
        let request = self.shared.queues.get_queue_attributes().queue_url(url);
        let asked = request.attribute_names(Attribute::QueueArn).send().await;
        let mut found =
            asked.map_err(|error| fault("ask for a queue's ARN", error))?.attributes.unwrap_or_default();
        found
            .remove(&Attribute::QueueArn)
            .ok_or_else(|| Fault::new(FaultKind::Passing, "ask for a queue's ARN: SQS told none"))
    }
}
