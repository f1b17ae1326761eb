//! Receiving, calling, deleting, in tens, with nothing between them.

use std::cell::Cell;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use futures::future::try_join_all;
use jobq_core::envelope::Envelope;
use jobq_tests::aws::plain_http;

use super::sdk;

/// Receives under way at once: as many as jobq has.
const RECEIVES: usize = 8;

/// Receives, calls and deletes `tasks` of the queue at `url`.
pub(super) async fn drain(url: &str, tasks: usize) -> Result<()> {
    let loops = Loops { sqs: sdk::client().await, http: plain_http::client(), url, left: Cell::new(tasks) };
    try_join_all((0..RECEIVES).map(|_| loops.run())).await?;
    Ok(())
}

/// What the loops have in common.
struct Loops<'a> {
    sqs: Client,
    http: reqwest::Client,
    url: &'a str,
    left: Cell<usize>,
}

impl Loops<'_> {
    async fn run(&self) -> Result<()> {
        while self.left.get() > 0 {
            let request = self.sqs.receive_message().queue_url(self.url);
            let request = request
                .max_number_of_messages(10)
                .wait_time_seconds(1)
                .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
            let messages = request.send().await?.messages.unwrap_or_default();
            if messages.is_empty() {
                continue;
            }
            try_join_all(messages.iter().map(|message| self.call(message))).await?;
            self.left.set(self.left.get() - messages.len());
            self.delete(messages).await?;
        }
        Ok(())
    }

    async fn call(&self, message: &Message) -> Result<()> {
        let envelope = Envelope::decode(message.body().context("no body")?.as_bytes())?;
        let answer = self.http.get(envelope.request.url).send().await?.error_for_status()?;
        answer.bytes().await?;
        Ok(())
    }

    async fn delete(&self, messages: Vec<Message>) -> Result<()> {
        let mut request = self.sqs.delete_message_batch().queue_url(self.url);
        let count = messages.len();
        for (number, message) in messages.into_iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
            request = request.entries(entry.set_receipt_handle(message.receipt_handle).build()?);
        }
        let deleted = request.send().await?;
        ensure!(deleted.successful.len() == count, "{:?}", deleted.failed);
        Ok(())
    }
}
