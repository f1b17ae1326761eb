//! Measures queues by what SQS counts. It counts with a lag, of a minute at most once nobody sends any more.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use futures::future::try_join_all;
use futures::{join, try_join};
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::task::Priority;

use super::address::{Address, is_missing};
use super::failure;
use super::store::AwsStore;

/// What SQS counts in one queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    pub(super) visible: u64,
    /// Received and not settled.
    pub(super) hidden: u64,
    pub(super) delayed: u64,
}

impl Counts {
    /// Those of two queues together.
    fn and(self, other: Self) -> Self {
        Self {
            visible: self.visible + other.visible,
            hidden: self.hidden + other.hidden,
            delayed: self.delayed + other.delayed,
        }
    }
}

impl<C: Clock> Depth for AwsStore<C> {
    async fn measure(&self, queue: &QueueName) -> Result<QueueDepth, Fault> {
        let operation = format!("measure queue '{queue}'");
        let stack = &self.shared.stack;
        let lanes = stack.lanes(queue).map(|lane| self.count_if_there(&operation, lane));
        let (lanes, letters) =
            join!(try_join_all(lanes), self.count_if_there(&operation, stack.dead_letter_queue(queue)));
        let (tasks, letters) = (lanes?.into_iter().fold(Counts::default(), Counts::and), letters?);
        Ok(QueueDepth {
            ready: tasks.visible,
            in_flight: tasks.hidden,
            delayed: tasks.delayed,
            // A letter that somebody looks at is hidden meanwhile.
            dead: letters.visible + letters.hidden + letters.delayed,
            oldest: None,
        })
    }
}

impl<C: Clock> AwsStore<C> {
    /// How many tasks of each lane may be received now, by [`Priority::ALL`]. For people alone, so no port has it.
    pub async fn ready_by_lane(&self, queue: &QueueName) -> Result<[u64; Priority::ALL.len()], Fault> {
        let operation = format!("count the lanes of queue '{queue}'");
        let lanes = self.shared.stack.lanes(queue).map(|lane| self.count_if_there(&operation, lane));
        let [high, normal, bulk] = lanes;
        let (high, normal, bulk) = try_join!(high, normal, bulk)?;
        Ok([high.visible, normal.visible, bulk.visible])
    }

    async fn count_if_there(&self, operation: &str, name: String) -> Result<Counts, Fault> {
        match self.look_up(operation, name).await? {
            Some(at) => self.count(operation, &at).await,
            None => Ok(Counts::default()),
        }
    }

    /// What SQS counts in a queue; nothing in one that has gone.
    pub(super) async fn count(&self, operation: &str, at: &Address) -> Result<Counts, Fault> {
        let request = self.shared.queues.get_queue_attributes().queue_url(&at.url);
        let request = request
            .attribute_names(Attribute::ApproximateNumberOfMessages)
            .attribute_names(Attribute::ApproximateNumberOfMessagesNotVisible)
            .attribute_names(Attribute::ApproximateNumberOfMessagesDelayed);
        let told = match request.send().await {
            Ok(told) => told.attributes.unwrap_or_default(),
            Err(error) if is_missing(&error) => return Ok(Counts::default()),
            Err(error) => return Err(failure::fault(operation, error)),
        };
        let count = |name| told.get(&name).and_then(|count| count.parse().ok()).unwrap_or_default();
        Ok(Counts {
            visible: count(Attribute::ApproximateNumberOfMessages),
            hidden: count(Attribute::ApproximateNumberOfMessagesNotVisible),
            delayed: count(Attribute::ApproximateNumberOfMessagesDelayed),
        })
    }
}
