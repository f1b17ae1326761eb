//! Sends messages, in tens.

use std::time::Duration;

use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::clock::Clock;
use jobq_core::settlement::Parcel;

use super::address::Address;
use super::packing::{Message, pack};
use super::store::AwsStore;
use super::tens::{Reply, Told, all, ask};
use super::twins::{COPY, LETTER};

impl<C: Clock> AwsStore<C> {
    /// The message of a task, hidden for the delay, or for as long as SQS can hide one.
    pub(super) fn task(&self, operation: &str, task: &Parcel, delay: Duration) -> Result<Message, Fault> {
        let message = Message::new(operation, task.body.clone(), delay)?;
        Ok(if self.shared.stack.fair_queues { message.of(&task.batch) } else { message })
    }

    /// Sends messages to the SQS queue of this name, `at_once` requests at a time. Each has the number it is answered
    /// by. What SQS refuses is a fault: a task that was taken in must not vanish.
    pub(super) async fn send_all(
        &self,
        operation: &str,
        to: String,
        messages: Vec<(usize, Message)>,
        at_once: usize,
    ) -> Told {
        let to = match self.address(operation, to).await {
            Ok(to) => to,
            Err(fault) => return Told::failed(fault),
        };
        let mut jobs = Vec::new();
        for chunk in pack(messages) {
            jobs.push(self.send_ten(operation, &to, chunk));
        }
        all(jobs, at_once).await
    }

    async fn send_ten(&self, operation: &str, to: &Address, chunk: Vec<(usize, Message)>) -> Told {
        let numbers = chunk.iter().map(|(number, _)| *number).collect();
        let request = |open: Vec<usize>| {
            let messages = chunk.iter().filter(|(number, _)| open.contains(number));
            let entries = messages.map(|(number, message)| entry(operation, *number, message)).collect();
            self.send_once(operation, to, entries)
        };
        ask(&self.clock, operation, numbers, request).await.strict(operation)
    }

    async fn send_once(
        &self,
        operation: &str,
        to: &Address,
        entries: Result<Vec<SendMessageBatchRequestEntry>, Fault>,
    ) -> Result<Reply, Fault> {
        let request = self.shared.queues.send_message_batch().queue_url(&to.url);
        let sent = request.set_entries(Some(entries?)).send().await;
        let sent = sent.map_err(|error| self.queue_fault(operation, to, error))?;
        Ok(Reply::new(sent.successful.into_iter().map(|entry| entry.id), sent.failed))
    }
}

fn entry(operation: &str, number: usize, message: &Message) -> Result<SendMessageBatchRequestEntry, Fault> {
    let wrong = |error| Fault::new(FaultKind::Lasting, operation).caused_by(error);
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(number.to_string())
        .message_body(&message.body)
        .delay_seconds(message.delay)
        .set_message_group_id(message.group.clone());
    if let Some((letter, copy)) = &message.letter {
        for (name, text) in [(LETTER, letter), (COPY, copy)] {
            let value = MessageAttributeValue::builder().data_type("String").string_value(text);
            entry = entry.message_attributes(name, value.build().map_err(wrong)?);
        }
    }
    entry.build().map_err(wrong)
}
