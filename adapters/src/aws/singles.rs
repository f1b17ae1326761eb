//! Sends what nothing like it was sent before: claimed in DynamoDB, then sent to SQS, then the batch's mark, which makes
//! its claims good. What a claim means that is there already is decided by [`Claim::judge`].

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use futures::{StreamExt, TryStreamExt};
use jobq_core::batch::Mark;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::likeness::{Once, Single};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::claim::{Claim, Judgement};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::singles::Singles;
use jobq_core::time::Timestamp;

use super::batch;
use super::store::{AwsStore, locked};
use super::table::{self, EXPIRES, ID, Item, Malformed, name, number, whole};

/// Claims made at once: each is a request of its own, for only those can say who was first and be taken back by nobody.
const AT_ONCE: usize = 32;

impl<C: Clock> Singles for AwsStore<C> {
    async fn send_once(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<Single>,
        mark: Mark,
    ) -> Result<Vec<Once>, Fault> {
        // What SQS would refuse is refused before anything is claimed.
        let operation = format!("send to queue '{queue}'");
        let all = parcels.iter().map(|single| (single.parcel.clone(), single.delay)).collect();
        let messages = self.messages(&operation, all)?;
        let marks = Marks::default();
        let mut claims = Vec::new();
        for single in &parcels {
            claims.push(self.claim_task(queue, batch, single, &marks));
        }
        let ends: Vec<Once> = futures::stream::iter(claims).buffered(AT_ONCE).try_collect().await?;
        let is_new = |number: usize| ends.get(number) == Some(&Once::Sent);
        let mut new = messages;
        new.values_mut().for_each(|lane| lane.retain(|(number, _)| is_new(*number)));
        self.send_messages(queue, batch, new, &mark).await?;
        Ok(ends)
    }
}

/// The marks of other batches, as they were read last. Marks only move forwards: what one makes good stays so.
type Marks = Mutex<HashMap<BatchId, Mark>>;

impl<C: Clock> AwsStore<C> {
    /// Claims a task for this batch, or finds that its like was sent.
    async fn claim_task(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        single: &Single,
        marks: &Marks,
    ) -> Result<Once, Fault> {
        let operation = format!("claim a task for queue '{queue}'");
        let mut taken_over = None;
        loop {
            let now = self.clock.now();
            let put = self.claiming(queue, batch, single, now);
            let Some(there) = self.put_claim(&operation, put, taken_over.take().as_ref(), now).await? else {
                return Ok(Once::Sent);
            };
            let known = locked(marks).get(&there.batch).cloned();
            let mut judgement = there.judge(batch, single.line, known.as_ref(), now);
            if judgement != Judgement::Duplicate && there.asks_for_mark(batch, now) {
                let mark = self.mark_of(&there.batch).await?;
                judgement = there.judge(batch, single.line, mark.as_ref(), now);
                locked(marks).extend(mark.map(|mark| (there.batch.clone(), mark)));
            }
            match judgement {
                Judgement::Duplicate => return Ok(Once::Duplicate),
                Judgement::Wait(length) => self.clock.sleep(length).await,
                Judgement::Free => taken_over = Some(there),
            }
        }
    }

    /// The claim of a task for this batch.
    fn claiming(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        single: &Single,
        now: Timestamp,
    ) -> PutItemFluentBuilder {
        let request = self.shared.ledger.put_item().table_name(self.shared.stack.ledger());
        request
            .item(ID, table::single_key(queue, single.likeness))
            .item("claimed_for", table::batch_key(batch))
            .item("claimed_line", number(single.line))
            .item("claimed_at", number(now.as_nanos()))
            .item("claimed_until", number(single.until.as_nanos()))
            .item(EXPIRES, number(single.until.as_nanos().div_ceil(1_000_000_000)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Writes a claim where there is none, or this one; answers with the one that is there instead.
    async fn put_claim(
        &self,
        operation: &str,
        put: PutItemFluentBuilder,
        instead_of: Option<&Claim>,
        now: Timestamp,
    ) -> Result<Option<Claim>, Fault> {
        // The table drops an item long after it has expired.
        let none = "attribute_not_exists(id) OR claimed_until <= :now";
        let put = put.expression_attribute_values(":now", number(now.as_nanos()));
        let put = match instead_of {
            None => put.condition_expression(none),
            Some(claim) => put
                .condition_expression(format!(
                    "{none} OR (claimed_for = :batch AND claimed_line = :line AND claimed_at = :at)"
                ))
                .expression_attribute_values(":batch", table::batch_key(&claim.batch))
                .expression_attribute_values(":line", number(claim.line))
                .expression_attribute_values(":at", number(claim.at.as_nanos())),
        };
        let Err(error) = put.send().await else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let there = failed.item().ok_or_else(|| {
                    let cause = "the table didn't show the claim that is there";
                    Fault::new(FaultKind::Passing, operation).caused_by(cause)
                })?;
                read(there).map(Some).map_err(|malformed| table::unreadable(operation.to_owned(), malformed))
            }
            _ => Err(table::fault(&self.shared.stack.ledger(), operation.to_owned(), error)),
        }
    }

    /// How far the push of a batch has come; none if there is no such batch.
    async fn mark_of(&self, batch: &BatchId) -> Result<Option<Mark>, Fault> {
        let operation = format!("read batch '{batch}'");
        let item = self.item(operation.clone(), table::batch_key(batch)).await?;
        let mark = item.as_ref().map(batch::mark).transpose();
        mark.map_err(|malformed| table::unreadable(operation, malformed))
    }
}

fn read(item: &Item) -> Result<Claim, Malformed> {
    Ok(Claim {
        batch: name(item, "claimed_for", table::BATCHES)?,
        line: whole(item, "claimed_line")?,
        at: Timestamp::from_nanos(whole(item, "claimed_at")?),
        until: Timestamp::from_nanos(whole(item, "claimed_until")?),
    })
}
