//! Batches in the ledger's table: their marks and their counts.
//!
//! A count is raised by adding, in one request that costs one write unit: nobody has to read it first, and any number
//! of drainers may count at once. But adding isn't repeatable. A request whose reply was lost and that is made again
//! counts twice, and so does a task that SQS delivers twice and that is called to its end both times. So `done` and
//! `dead` may come to more than `known`: [`Tally::open`] then answers 0 rather than less, while some tasks may still
//! be waiting. In a batch of tens of thousands that is a handful of tasks; what was sent is never lost by it, for
//! nothing is decided by these counts.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jobq_core::batch::{Mark, NewBatch, Opened, Tally};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;

use super::store::AwsStore;
use super::table::{self, EXPIRES, ID, Item, Malformed, flag, number, text, whole};

/// How long a batch is kept after its last change: 90 days, in seconds. Its last task is gone from SQS after 14 days
/// at most; the rest is for those who look back.
const KEPT: u64 = 90 * 24 * 60 * 60;

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

    /// Moves a batch's mark and counts what was sent with it, at once. After a fault the stored mark tells whether
    /// that has happened; a repeat where it has counts twice.
    pub(super) async fn count_sent(&self, batch: &BatchId, sent: u64, mark: &Mark) -> Result<(), Fault> {
        let operation = format!("count what was sent of batch '{batch}'");
        let request = self
            .change(batch)
            .update_expression(
                "ADD known :sent \
                 SET #lines = :lines, refused = :refused, complete = :complete, expires = :expires",
            )
            // DynamoDB keeps the bare word for itself.
            .expression_attribute_names("#lines", "lines")
            .expression_attribute_values(":sent", number(sent))
            .expression_attribute_values(":lines", number(mark.lines))
            .expression_attribute_values(":refused", number(mark.refused))
            .expression_attribute_values(":complete", AttributeValue::Bool(mark.complete));
        match self.changed(&operation, request).await? {
            Changed::Yes => Ok(()),
            Changed::NoBatch => Err(Fault::new(FaultKind::Lasting, operation)
                .caused_by(format!("there is no batch '{batch}': open it first"))),
        }
    }

    /// Counts tasks that ended. A batch nobody opened isn't counted. A repeat after a fault may count twice.
    pub(super) async fn count_ended(
        &self,
        batch: &BatchId,
        done: u64,
        dead: u64,
        skipped: u64,
    ) -> Result<(), Fault> {
        let operation = format!("count what has ended of batch '{batch}'");
        let request = self
            .change(batch)
            .update_expression("ADD done :done, dead :dead, skipped :skipped SET expires = :expires")
            .expression_attribute_values(":done", number(done))
            .expression_attribute_values(":dead", number(dead))
            .expression_attribute_values(":skipped", number(skipped));
        self.changed(&operation, request).await.map(drop)
    }

    /// Counts tasks that others of the batch have made. A batch nobody opened isn't counted. A repeat after a fault may
    /// count twice.
    pub(super) async fn count_children(&self, batch: &BatchId, children: u64) -> Result<(), Fault> {
        let operation = format!("count what has grown of batch '{batch}'");
        let request = self
            .change(batch)
            .update_expression("ADD known :children SET expires = :expires")
            .expression_attribute_values(":children", number(children));
        self.changed(&operation, request).await.map(drop)
    }

    /// Counts dead tasks that went back to their queues. A batch nobody opened isn't counted. A repeat after a fault may
    /// count twice.
    pub(super) async fn count_back(&self, batch: &BatchId, back: u64) -> Result<(), Fault> {
        let operation = format!("count what was sent back of batch '{batch}'");
        let request = self
            .change(batch)
            .update_expression("ADD dead :back SET expires = :expires")
            // Never below nothing: a count that a crash has left too low must not make the batch unreadable.
            .condition_expression("attribute_exists(id) AND dead >= :least")
            .expression_attribute_values(":least", number(back))
            .expression_attribute_values(":back", AttributeValue::N(format!("-{back}")));
        self.changed(&operation, request).await.map(drop)
    }

    /// A change of a batch that is there.
    fn change(&self, batch: &BatchId) -> UpdateItemFluentBuilder {
        let request = self.shared.ledger.update_item().table_name(self.shared.stack.ledger());
        request
            .key(ID, table::batch_key(batch))
            .condition_expression("attribute_exists(id)")
            .expression_attribute_values(":expires", self.expiry())
    }

    async fn changed(&self, operation: &str, request: UpdateItemFluentBuilder) -> Result<Changed, Fault> {
        match request.send().await {
            Ok(_) => Ok(Changed::Yes),
            Err(error) if is_refused(&error) => Ok(Changed::NoBatch),
            Err(error) => Err(table::fault(&self.shared.stack.ledger(), operation.to_owned(), error)),
        }
    }

    fn expiry(&self) -> AttributeValue {
        let now = self.clock.now().as_nanos() / 1_000_000_000;
        number(now.saturating_add(KEPT))
    }
}

/// What became of a change.
enum Changed {
    Yes,
    NoBatch,
}

/// The counts in a batch's item.
pub(super) fn tally(item: &Item) -> Result<Tally, Malformed> {
    Ok(Tally {
        known: whole(item, "known")?,
        done: whole(item, "done")?,
        dead: whole(item, "dead")?,
        // Batches of older programs have none.
        skipped: if item.contains_key("skipped") { whole(item, "skipped")? } else { 0 },
    })
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

fn is_refused<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// The service said that the batch is there and didn't show it: DynamoDB always does.
fn vanished(operation: &str) -> Fault {
    Fault::new(FaultKind::Passing, operation).caused_by("the table didn't show the batch that is there")
}
