//! What SQS says of a queue's settings, and of what is in it.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use jobq_core::fault::Fault;
use serde_json::Value;

use crate::aws::address::is_missing;
use crate::aws::failure::fault;
use crate::aws::sdk::Sdk;

/// A queue as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Where it is.
    pub url: String,
    /// How long a received message stays hidden, in seconds.
    pub visibility_secs: u64,
    /// How long messages are kept, in seconds.
    pub retention_secs: u64,
    /// After how many receives a message is taken for dead, if the queue has a dead-letter queue.
    pub max_receives: Option<u32>,
    /// How many messages may be received, roughly.
    pub visible: u64,
    /// How many messages were received and not settled, roughly.
    pub in_flight: u64,
    /// How many messages are hidden until their delay ends, roughly.
    pub delayed: u64,
}

/// Reads a queue by its name on SQS; none if there is no such queue.
pub async fn queue_settings(sdk: &Sdk, name: &str) -> Result<Option<QueueSettings>, Fault> {
    let client = Client::new(sdk.config());
    let operation = || format!("read the settings of the queue {name}");
    let url = match client.get_queue_url().queue_name(name).send().await {
        Ok(found) => found.queue_url.unwrap_or_default(),
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(fault(operation(), error)),
    };
    let read =
        match client.get_queue_attributes().queue_url(&url).attribute_names(Attribute::All).send().await {
            Ok(read) => read.attributes.unwrap_or_default(),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(fault(operation(), error)),
        };
    let number = |name: Attribute| read.get(&name).and_then(|text| text.parse().ok()).unwrap_or_default();
    Ok(Some(QueueSettings {
        visibility_secs: number(Attribute::VisibilityTimeout),
        retention_secs: number(Attribute::MessageRetentionPeriod),
        max_receives: read.get(&Attribute::RedrivePolicy).and_then(|policy| max_receives(policy)),
        visible: number(Attribute::ApproximateNumberOfMessages),
        in_flight: number(Attribute::ApproximateNumberOfMessagesNotVisible),
        delayed: number(Attribute::ApproximateNumberOfMessagesDelayed),
        url,
    }))
}

/// SQS tells the number as it was given: as one, or as text.
fn max_receives(policy: &str) -> Option<u32> {
    match serde_json::from_str::<Value>(policy).ok()?.get("maxReceiveCount")? {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64().and_then(|number| number.try_into().ok()),
    }
}
