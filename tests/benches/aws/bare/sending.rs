//! Sending, in tens, and looking only whether all of them were taken.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::{StreamExt, TryStreamExt};

use super::sdk;

/// Requests under way at once: as many as jobq has.
const AT_ONCE: usize = 8;

/// Sends the lines of `file` to the queue at `url`.
pub(super) async fn send(url: &str, file: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let bodies: Vec<&str> = text.lines().collect();
    let sqs = sdk::client().await;
    let mut sent = futures::stream::iter(bodies.chunks(10))
        .map(|ten| send_ten(&sqs, url, ten))
        .buffer_unordered(AT_ONCE);
    while sent.try_next().await?.is_some() {}
    Ok(())
}

async fn send_ten(sqs: &Client, url: &str, ten: &[&str]) -> Result<()> {
    let mut request = sqs.send_message_batch().queue_url(url);
    for (number, body) in ten.iter().enumerate() {
        let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(*body);
        request = request.entries(entry.build()?);
    }
    let sent = request.send().await?;
    ensure!(sent.successful.len() == ten.len(), "{:?}", sent.failed);
    Ok(())
}
