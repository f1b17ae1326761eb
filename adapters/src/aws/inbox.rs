//! Receives from SQS and hides for longer. Settling has a file of its own.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as Attribute};
use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::intake::Intake;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::settlement::{Settled, Settlement};
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;

use super::address::Address;
use super::book::Stage;
use super::failure;
use super::packing::seconds;
use super::store::{AwsStore, locked};
use super::tens::{Answer, all};
use super::twins::{COPY, LETTER};

/// The most messages of one request.
const MOST: usize = 10;

/// The longest wait of SQS for a first message.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// The longest SQS hides a message: counted from its receive, and extending doesn't begin it anew.
const LONGEST_HIDING: Duration = Duration::from_secs(12 * 60 * 60);

/// Requests to extend under way at once.
const AT_ONCE: usize = 16;

/// One long poll in so many that bring nothing in a row is doubted.
const DOUBTED: u32 = 16;

/// So many tasks in flight may be why a long poll brings nothing: SQS gives no more from about 120,000 on, and says so
/// to short polls alone.
const CEILING: u64 = 100_000;

impl<C: Clock> Inbox for AwsStore<C> {
    fn intakes(&self, queue: &QueueName) -> Vec<Intake> {
        Intake::lanes(queue)
    }

    /// One request: up to ten tasks, however many are asked for. A second and more are waited for in whole seconds.
    async fn receive(
        &self,
        intake: &Intake,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Fault> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let (queue, lane) = (&intake.queue, intake.lane.unwrap_or_default());
        let operation = format!("receive from queue '{queue}'");
        let at = self.address(&operation, self.shared.stack.lane(queue, lane)).await?;
        let hidden = seconds(visibility, LONGEST_HIDING);
        // From before the request: when SQS began to count isn't told.
        let begun = self.clock.now();
        let request = self.shared.polls.receive_message().queue_url(&at.url);
        let request = request
            .max_number_of_messages(i32::try_from(max.min(MOST)).unwrap_or(1))
            .visibility_timeout(hidden)
            .wait_time_seconds(seconds(wait, LONGEST_WAIT))
            .message_system_attribute_names(Attribute::ApproximateReceiveCount)
            .message_attribute_names(LETTER)
            .message_attribute_names(COPY);
        let received = match request.send().await {
            Ok(received) => received.messages.unwrap_or_default(),
            Err(error) if failure::code(&error) == Some("OverLimit") => {
                return Err(at_the_ceiling(&operation));
            }
            Err(error) => return Err(self.queue_fault(&operation, &at, error)),
        };
        if received.is_empty() && !wait.is_zero() {
            self.doubt(&operation, &at).await?;
        } else {
            locked(&self.shared.quiet).remove(&at.name);
        }
        let hidden_until = begun.plus(Duration::from_secs(u64::try_from(hidden).unwrap_or_default()));
        let received = self.without_twins(&operation, &at, received).await;
        Ok(self.give_out(queue, lane, received, hidden_until))
    }

    async fn extend(
        &self,
        queue: &QueueName,
        receipts: &[Receipt],
        visibility: Duration,
    ) -> Result<Vec<Settled>, Fault> {
        let operation = format!("extend deliveries of queue '{queue}'");
        let hidden = seconds(visibility, LONGEST_HIDING);
        let begun = self.clock.now();
        let until = begun.plus(Duration::from_secs(u64::try_from(hidden).unwrap_or_default()));
        let mut settled = vec![Settled::Stale; receipts.len()];
        let mut lanes: HashMap<Priority, Vec<(usize, &str)>> = HashMap::new();
        for (number, receipt) in receipts.iter().enumerate() {
            let book = locked(&self.shared.book);
            match book.stage(receipt, begun) {
                None | Some(Stage::Ended) => {}
                Some(_) => {
                    let lane = book.lane(receipt).unwrap_or_default();
                    lanes.entry(lane).or_default().push((number, receipt.0.as_str()));
                }
            }
        }
        if !lanes.is_empty() {
            let mut jobs = Vec::new();
            for (lane, handles) in lanes {
                let name = self.shared.stack.lane(queue, lane);
                jobs.push(self.hide_all(&operation, name, handles, hidden, AT_ONCE));
            }
            let told = all(jobs, AT_ONCE).await;
            for (number, answer) in told.answers {
                if answer == Answer::Held {
                    settled[number] = Settled::Held;
                }
            }
            told.fault.map_or(Ok(()), Err)?;
        }
        let mut book = locked(&self.shared.book);
        let held = receipts.iter().zip(&settled).filter(|(_, settled)| **settled == Settled::Held);
        held.for_each(|(receipt, _)| book.renew(receipt, until));
        Ok(settled)
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        self.settle_all(settlements).await
    }
}

impl<C: Clock> AwsStore<C> {
    /// Notes what was received, and makes deliveries of it.
    fn give_out(
        &self,
        queue: &QueueName,
        lane: Priority,
        received: Vec<Message>,
        hidden_until: Timestamp,
    ) -> Vec<Delivery> {
        let now = self.clock.now();
        let mut book = locked(&self.shared.book);
        let mut deliveries = Vec::with_capacity(received.len());
        for message in received {
            let receives = receives(&message);
            // SQS gives a handle with every message; one without could be neither settled nor extended.
            let Some(handle) = message.receipt_handle else {
                continue;
            };
            let receipt = Receipt(handle);
            book.hold(receipt.clone(), lane, hidden_until, now);
            let body = message.body.unwrap_or_default().into_bytes();
            deliveries.push(Delivery { receipt, queue: queue.clone(), body, receives, hidden_until });
        }
        deliveries
    }

    /// Looks, once in a while, whether a queue that gives nothing is at its ceiling rather than empty.
    async fn doubt(&self, operation: &str, at: &Address) -> Result<(), Fault> {
        let polls = {
            let mut quiet = locked(&self.shared.quiet);
            let polls = quiet.entry(at.name.clone()).or_default();
            *polls = polls.wrapping_add(1);
            *polls
        };
        if !polls.is_multiple_of(DOUBTED) {
            return Ok(());
        }
        let counts = self.count(operation, at).await?;
        if counts.visible > 0 && counts.hidden >= CEILING { Err(at_the_ceiling(operation)) } else { Ok(()) }
    }
}

/// How many times it was received, this time included.
fn receives(message: &Message) -> u32 {
    let count = message.attributes.as_ref().and_then(|told| told.get(&Attribute::ApproximateReceiveCount));
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn at_the_ceiling(operation: &str) -> Fault {
    let cause = "about 120,000 of its tasks are in flight, and SQS gives out no more until some are settled";
    Fault::new(FaultKind::Passing, operation).caused_by(cause)
}
