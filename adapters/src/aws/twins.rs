//! Twins: two copies of one dead letter, after a crash between sending one and deleting the letter.
//!
//! A copy carries its letter's id. The first copy received writes itself down beside that id, in the ledger; another
//! one finds it there and is deleted. Dropping a letter writes itself down in the same place, so that what is dropped
//! isn't called because of a copy that somebody sent before. Tasks that were never dead cost nothing of this.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::Message;
use futures::future::join_all;
use jobq_core::fault::Fault;
use jobq_core::ports::clock::Clock;
use jobq_core::stack::{LETTER_RETENTION, TASK_RETENTION};

use super::address::Address;
use super::store::AwsStore;
use super::table::{self, ID, number};

/// The attribute of a copy that holds the id of its letter.
pub(super) const LETTER: &str = "jobq.letter";

/// The attribute that tells a copy from others of its letter. Not SQS's own id: a message that is moved gets a new one.
pub(super) const COPY: &str = "jobq.copy";

/// Who a letter belongs to that was dropped. No copy is called so.
pub(super) const DROPPED: &str = "dropped";

/// How long it is kept whom a letter belongs to, and which tasks were counted: a letter may be sent back at the end of its
/// time, and its copy wait for all of its own.
pub(super) const KEPT: Duration =
    LETTER_RETENTION.saturating_add(TASK_RETENTION).saturating_add(Duration::from_secs(86_400));

/// Requests under way at once.
const AT_ONCE: usize = 8;

impl<C: Clock> AwsStore<C> {
    /// Whether a letter belongs to this holder: it is the first to ask, or has asked before.
    pub(super) async fn claim(&self, operation: &str, letter: &str, holder: &str) -> Result<bool, Fault> {
        let expires = self.clock.now().plus(KEPT).as_nanos() / 1_000_000_000;
        let request = self.shared.ledger.update_item().table_name(self.shared.stack.ledger());
        let request = request
            .key(ID, table::letter_key(letter))
            .update_expression("SET holder = :holder, expires = :expires")
            .condition_expression("attribute_not_exists(holder) OR holder = :holder")
            .expression_attribute_values(":holder", AttributeValue::S(holder.to_owned()))
            .expression_attribute_values(":expires", number(expires));
        let Err(error) = request.send().await else {
            return Ok(true);
        };
        let refused = UpdateItemError::is_conditional_check_failed_exception;
        match error.as_service_error().is_some_and(refused) {
            true => Ok(false),
            false => Err(table::fault(&self.shared.stack.ledger(), operation.to_owned(), error)),
        }
    }

    /// Whether a letter belongs to somebody.
    pub(super) async fn is_claimed(&self, operation: &str, letter: &str) -> Result<bool, Fault> {
        let item = self.item(operation.to_owned(), table::letter_key(letter)).await?;
        Ok(item.is_some_and(|item| item.contains_key("holder")))
    }

    /// The messages received without those whose twin came first; these are deleted. Where the ledger doesn't answer
    /// they are given out: once more is better than never.
    pub(super) async fn without_twins(
        &self,
        operation: &str,
        at: &Address,
        received: Vec<Message>,
    ) -> Vec<Message> {
        if received.iter().all(|message| text(message, LETTER).is_none()) {
            return received;
        }
        let counts = join_all(received.iter().map(|message| self.counts(operation, message))).await;
        let (kept, twins): (Vec<_>, Vec<_>) =
            received.into_iter().zip(counts).partition(|(_, counts)| *counts);
        let handles = twins.iter().filter_map(|(message, _)| message.receipt_handle.as_deref());
        let handles: Vec<(usize, &str)> = handles.enumerate().collect();
        if !handles.is_empty() {
            // One that can't be deleted comes again, and is a twin again.
            drop(self.delete_all(operation, at.name.clone(), handles, AT_ONCE).await);
        }
        kept.into_iter().map(|(message, _)| message).collect()
    }

    /// Whether a message is no copy of a letter, or the copy that counts.
    async fn counts(&self, operation: &str, message: &Message) -> bool {
        match (text(message, LETTER), text(message, COPY)) {
            (Some(letter), Some(copy)) => self.claim(operation, letter, copy).await.unwrap_or(true),
            _ => true,
        }
    }
}

/// What an attribute of a message says.
fn text<'a>(message: &'a Message, attribute: &str) -> Option<&'a str> {
    message.message_attributes.as_ref()?.get(attribute)?.string_value.as_deref()
}
