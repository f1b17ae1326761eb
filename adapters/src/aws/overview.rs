//! What the command line shows of a stack beside what the ports tell.
//!
//! The table has no index, for an index would be written with every count. So a list reads the whole table: a read unit
//! per 4 KB, the pages of three weeks among it. Of 65,000 tasks a day that is some 7 MB, or 20 cents for a thousand looks.
//! `latest` shows the last few for less.

use aws_sdk_dynamodb::types::AttributeValue;
use jobq_core::batch::BatchSummary;
use jobq_core::fault::Fault;
use jobq_core::name::{BatchId, LimitName};
use jobq_core::time::Timestamp;

use super::store::AwsStore;
use super::sums;
use super::table::{self, BATCHES, ID, Item, LIMITS, Malformed};

impl<C> AwsStore<C> {
    /// All batches, the latest first.
    pub async fn batches(&self) -> Result<Vec<BatchSummary>, Fault> {
        let operation = "list the batches";
        let items = self.scan(operation, BATCHES).await?;
        let batches: Result<Vec<BatchSummary>, Malformed> = items.iter().map(summary).collect();
        let mut batches = batches.map_err(|malformed| table::unreadable(operation.to_owned(), malformed))?;
        batches.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id)));
        Ok(batches)
    }

    /// One batch; none if nobody has opened it.
    pub async fn batch(&self, id: &BatchId) -> Result<Option<BatchSummary>, Fault> {
        let operation = format!("read batch '{id}'");
        let item = self.item(operation.clone(), table::batch_key(id)).await?;
        let summary = item.as_ref().map(summary).transpose();
        summary.map_err(|malformed| table::unreadable(operation, malformed))
    }

    /// The limits that were ever booked on, by name.
    pub async fn limits(&self) -> Result<Vec<LimitName>, Fault> {
        let operation = "list the limits";
        let items = self.scan(operation, LIMITS).await?;
        let limits: Result<Vec<LimitName>, Malformed> =
            items.iter().map(|item| table::name(item, ID, LIMITS)).collect();
        let mut limits = limits.map_err(|malformed| table::unreadable(operation.to_owned(), malformed))?;
        limits.sort();
        Ok(limits)
    }

    /// The items whose keys begin with `beginning`, limits' documents left out.
    async fn scan(&self, operation: &str, beginning: &str) -> Result<Vec<Item>, Fault> {
        let table = self.shared.stack.ledger();
        let request = self.shared.ledger.scan().table_name(&table).consistent_read(true);
        let mut pages = request
            .filter_expression("begins_with(id, :beginning)")
            .expression_attribute_values(":beginning", AttributeValue::S(beginning.to_owned()))
            .projection_expression("id, queue, #source, created_at, complete, canceled_at, finished_at, unfollowed, known, done, dead, skipped")
            // DynamoDB keeps the bare word for itself.
            .expression_attribute_names("#source", "source")
            .into_paginator()
            .send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| table::fault(&table, operation.to_owned(), error))?;
            items.extend(page.items.unwrap_or_default());
        }
        Ok(items)
    }
}

fn moment(item: &Item, key: &'static str) -> Result<Option<Timestamp>, Malformed> {
    Ok(table::whole_if_any(item, key)?.map(Timestamp::from_nanos))
}

pub(super) fn summary(item: &Item) -> Result<BatchSummary, Malformed> {
    Ok(BatchSummary {
        id: table::name(item, ID, BATCHES)?,
        queue: table::name(item, "queue", "")?,
        source: table::text(item, "source")?.to_owned(),
        created_at: Timestamp::from_nanos(table::whole(item, "created_at")?),
        complete: table::flag(item, "complete")?,
        canceled_at: moment(item, "canceled_at")?,
        finished_at: moment(item, "finished_at")?,
        unfollowed: table::text_if_any(item, "unfollowed")?.map(str::to_owned),
        tally: sums::tally(item)?,
    })
}
