//! How the ledger's items are laid out in its table, and what a failed request to it means.
//!
//! One table, one key attribute: `limit#NAME` holds a limit's document, `batch#ID` a batch's mark and counts, `page#ID#NAME`
//! which of its tasks were counted, `letter#ID` whom a dead letter's end belongs to, `single#QUEUE#LIKENESS` who sent a task
//! whose like isn't sent again, and `latest#batches` which batches were opened last.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::likeness::Likeness;
use jobq_core::name::{BatchId, LimitName, QueueName};

use super::failure;

/// The key attribute.
pub(super) const ID: &str = "id";

/// When the table may drop an item by itself, in seconds since the epoch. Limits have none.
pub(super) const EXPIRES: &str = "expires";

/// What the keys of limits begin with.
pub(super) const LIMITS: &str = "limit#";

/// What the keys of batches begin with.
pub(super) const BATCHES: &str = "batch#";

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The key of a limit's document.
pub(super) fn limit_key(limit: &LimitName) -> AttributeValue {
    AttributeValue::S(format!("{LIMITS}{limit}"))
}

/// The key of a batch.
pub(super) fn batch_key(batch: &BatchId) -> AttributeValue {
    AttributeValue::S(format!("{BATCHES}{batch}"))
}

/// The key of a page of a batch: no batch's name has a '#'.
pub(super) fn page_key(batch: &BatchId, name: &str) -> AttributeValue {
    AttributeValue::S(format!("page#{batch}#{name}"))
}

/// The key of a dead letter.
pub(super) fn letter_key(letter: &str) -> AttributeValue {
    AttributeValue::S(format!("letter#{letter}"))
}

/// The key of a likeness in a queue.
pub(super) fn single_key(queue: &QueueName, likeness: Likeness) -> AttributeValue {
    AttributeValue::S(format!("single#{queue}#{likeness}"))
}

/// A number as the table has it.
pub(super) fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// An item that isn't as we write it: somebody else did, or a newer version.
#[derive(Debug, thiserror::Error)]
#[error("the item's '{attribute}' is missing or isn't {expected}")]
pub(super) struct Malformed {
    attribute: &'static str,
    expected: &'static str,
}

/// A text in an item.
pub(super) fn text<'a>(item: &'a Item, attribute: &'static str) -> Result<&'a str, Malformed> {
    let found = item.get(attribute).and_then(|value| value.as_s().ok());
    found.map(String::as_str).ok_or(Malformed { attribute, expected: "a text" })
}

/// The same, none where the item has no such attribute.
pub(super) fn text_if_any<'a>(item: &'a Item, attribute: &'static str) -> Result<Option<&'a str>, Malformed> {
    item.contains_key(attribute).then(|| text(item, attribute)).transpose()
}

/// A name in an item, after what its kind of key begins with.
pub(super) fn name<T: FromStr>(
    item: &Item,
    attribute: &'static str,
    beginning: &str,
) -> Result<T, Malformed> {
    let name = text(item, attribute)?.strip_prefix(beginning).and_then(|name| name.parse().ok());
    name.ok_or(Malformed { attribute, expected: "a name" })
}

/// A whole number in an item.
pub(super) fn whole(item: &Item, attribute: &'static str) -> Result<u64, Malformed> {
    let found = item.get(attribute).and_then(|value| value.as_n().ok());
    found.and_then(|digits| digits.parse().ok()).ok_or(Malformed { attribute, expected: "a whole number" })
}

/// The same, none where the item has no such attribute.
pub(super) fn whole_if_any(item: &Item, attribute: &'static str) -> Result<Option<u64>, Malformed> {
    item.contains_key(attribute).then(|| whole(item, attribute)).transpose()
}

/// A yes or no in an item.
pub(super) fn flag(item: &Item, attribute: &'static str) -> Result<bool, Malformed> {
    let found = item.get(attribute).and_then(|value| value.as_bool().ok());
    found.copied().ok_or(Malformed { attribute, expected: "true or false" })
}

/// The fault of an item that can't be read.
pub(super) fn unreadable(operation: String, malformed: Malformed) -> Fault {
    Fault::new(FaultKind::Lasting, operation).caused_by(malformed)
}

/// The fault of a failed request to the table. A table that isn't there is a stack that isn't deployed.
pub(super) fn fault<E, R>(table: &str, operation: String, error: SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    if failure::code(&error) == Some("ResourceNotFoundException") {
        let cause = format!("there is no table '{table}' in this account and region: type 'jobq deploy'");
        return Fault::new(FaultKind::Lasting, operation).caused_by(cause);
    }
    failure::fault(operation, error)
}
