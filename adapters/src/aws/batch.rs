//! Batches in the ledger's table: their marks and their counts.
//!
//! What was sent is counted together with its mark, in one write that is refused where the mark is stored already. What
//! became of the tasks is counted task by task: see `count`.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;

use super::store::AwsStore;
use super::sums::Sums;
use super::table::{self, EXPIRES, ID, Item, Malformed, flag, number, text, whole};

/// How long a batch is kept after its last change: 90 days, in seconds. Its last task is gone from SQS after 14 days
/// at most; the rest is for those who look back.
const KEPT: u64 = 90 * 24 * 60 * 60;

/// How often a change is made again that a transaction has refused.
const TRIES: u32 = 10;

impl<C: Clock> AwsStore<C> {
    /// Makes a batch, or finds it; answers with when it was made too, in nanoseconds. Repeats are safe.
    pub(super) async fn open_batch(&self, batch: &NewBatch) -> Result<(Opened, u64), Fault> {
        let operation = format!("open batch '{}'", batch.id);
        let request = self.shared.ledger.put_item().table_name(self.shared.stack.ledger());
        let request = request
            .item(ID, table::batch_key(&batch.id))
            .item("queue", AttributeValue::S(batch.queue.to_string()))
            .item("source", AttributeValue::S(batch.source.clone()))
            .item("created_at", number(batch.created_at.as_nanos()))
            .item("lines", number(0))
            .item("refused", number(0))
            .item("complete", AttributeValue::Bool(false))
            .item("known", number(0))
            .item("done", number(0))
            .item("dead", number(0))
            .item("skipped", number(0))
            .item(EXPIRES, self.expiry());
        let request = request
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else {
            return Ok((Opened::New, batch.created_at.as_nanos()));
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let there = failed.item().ok_or_else(|| vanished(&operation))?;
                found(there, batch).map_err(|malformed| table::unreadable(operation, malformed))
            }
            _ => Err(table::fault(&self.shared.stack.ledger(), operation, error)),
        }
    }

    /// Moves a batch's mark and counts what was sent with it, at once. A mark that is no further than the stored one has
    /// arrived before: repeats are safe, but for a mark of no lines, which has nothing to tell it from another.
    pub(super) async fn count_sent(&self, batch: &BatchId, sent: &Sums, mark: &Mark) -> Result<(), Fault> {
        let operation = format!("count what was sent of batch '{batch}'");
        let request = || {
            let request = self
                .change(batch)
                .update_expression(format!(
                    "ADD {} SET #lines = :lines, refused = :refused, complete = :complete, expires = :expires",
                    sent.expression()
                ))
                // DynamoDB keeps the bare word for itself.
                .expression_attribute_names("#lines", "lines");
            let request = sent
                .names()
                .fold(request, |request, (of, name)| request.expression_attribute_names(of, name));
            let request =
                sent.values().fold(request, |request, (of, by)| request.expression_attribute_values(of, by));
            let request = request
                .expression_attribute_values(":lines", number(mark.lines))
                .expression_attribute_values(":refused", number(mark.refused))
                .expression_attribute_values(":complete", AttributeValue::Bool(mark.complete));
            match mark.lines {
                0 => request,
                _ => request.condition_expression(
                    "attribute_exists(id) AND (#lines < :lines OR (#lines = :lines AND complete <> :complete))",
                ),
            }
        };
        match self.changed(&operation, request).await? {
            Changed::Yes | Changed::Refused => Ok(()),
            Changed::NoItem => Err(Fault::new(FaultKind::Lasting, operation)
                .caused_by(format!("there is no batch '{batch}': open it first"))),
        }
    }

    /// A change of a batch that is there.
    pub(super) fn change(&self, batch: &BatchId) -> UpdateItemFluentBuilder {
        let request = self.shared.ledger.update_item().table_name(self.shared.stack.ledger());
        request
            .key(ID, table::batch_key(batch))
            .condition_expression("attribute_exists(id)")
            .expression_attribute_values(":expires", self.expiry())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Makes a change. A transaction that writes the same item just then refuses it: it is made again after a moment.
    pub(super) async fn changed(
        &self,
        operation: &str,
        request: impl Fn() -> UpdateItemFluentBuilder,
    ) -> Result<Changed, Fault> {
        let mut tried = 0;
        loop {
            let Err(error) = request().send().await else {
                return Ok(Changed::Yes);
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(if failed.item().is_some() { Changed::Refused } else { Changed::NoItem });
                }
                Some(UpdateItemError::TransactionConflictException(_)) if tried < TRIES => {
                    self.clock.sleep(self.pause(tried)).await;
                    tried += 1;
                }
                _ => return Err(table::fault(&self.shared.stack.ledger(), operation.to_owned(), error)),
            }
        }
    }

    pub(super) fn expiry(&self) -> AttributeValue {
        let now = self.clock.now().as_nanos() / 1_000_000_000;
        number(now.saturating_add(KEPT))
    }
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    Yes,
    /// The item isn't as the change wants it.
    Refused,
    /// There is no such item.
    NoItem,
}

/// How far the push of a batch's item has come.
pub(super) fn mark(item: &Item) -> Result<Mark, Malformed> {
    Ok(Mark {
        lines: whole(item, "lines")?,
        refused: whole(item, "refused")?,
        complete: flag(item, "complete")?,
    })
}

fn found(item: &Item, batch: &NewBatch) -> Result<(Opened, u64), Malformed> {
    let created_at = whole(item, "created_at")?;
    if text(item, "queue")? != batch.queue.as_str() || text(item, "source")? != batch.source {
        return Ok((Opened::Foreign, created_at));
    }
    Ok((Opened::Resumed(mark(item)?), created_at))
}

/// The service said that the batch is there and didn't show it: DynamoDB always does.
fn vanished(operation: &str) -> Fault {
    Fault::new(FaultKind::Passing, operation).caused_by("the table didn't show the batch that is there")
}
