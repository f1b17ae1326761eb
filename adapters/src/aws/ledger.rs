//! Limits' documents, by compare-and-swap: one conditional write each, whose refusal shows what is there. So a swap
//! that lost costs no read.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jobq_core::batch::{Stage, Tally};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, LimitName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};

use super::store::AwsStore;
use super::sums;
use super::table::{self, ID, Item, number, text, whole};

impl<C: Clock> Ledger for AwsStore<C> {
    async fn load(&self, limit: &LimitName) -> Result<Versioned, Fault> {
        let item = self.item(format!("load limit '{limit}'"), table::limit_key(limit)).await?;
        versioned(limit, item.as_ref())
    }

    /// A swap that was written but whose reply was lost conflicts with itself when it is made again. Whoever made it
    /// then books anew, and the slots booked first go unused: calls are made too seldom, never too often.
    async fn swap(&self, limit: &LimitName, expected: Version, next: &LimitState) -> Result<Swap, Fault> {
        let operation = format!("write limit '{limit}'");
        let document = serde_json::to_string(next)
            .map_err(|error| Fault::new(FaultKind::Lasting, operation.clone()).caused_by(error))?;
        let version = Version(expected.0.saturating_add(1));
        let request = self.shared.ledger.put_item().table_name(self.shared.stack.ledger());
        let request = request
            .item(ID, table::limit_key(limit))
            .item("version", number(version.0))
            .item("state", AttributeValue::S(document))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match expected {
            Version(0) => request.condition_expression("attribute_not_exists(id)"),
            Version(expected) => request
                .condition_expression("version = :expected")
                .expression_attribute_values(":expected", number(expected)),
        };
        let Err(error) = request.send().await else {
            return Ok(Swap::Written(version));
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                versioned(limit, failed.item()).map(Swap::Conflict)
            }
            _ => Err(table::fault(&self.shared.stack.ledger(), operation, error)),
        }
    }

    async fn tally(&self, batch: &BatchId) -> Result<Option<Tally>, Fault> {
        let operation = format!("count batch '{batch}'");
        let item = self.item(operation.clone(), table::batch_key(batch)).await?;
        let tally = item.as_ref().map(sums::tally).transpose();
        tally.map_err(|malformed| table::unreadable(operation, malformed))
    }

    async fn stages(&self, batch: &BatchId) -> Result<Vec<Stage>, Fault> {
        let operation = format!("count batch '{batch}' by queue");
        let item = self.item(operation.clone(), table::batch_key(batch)).await?;
        let stages = item.as_ref().map(sums::stages).transpose();
        stages.map(Option::unwrap_or_default).map_err(|malformed| table::unreadable(operation, malformed))
    }
}

impl<C> AwsStore<C> {
    /// Reads an item: the latest one written by anybody.
    pub(super) async fn item(&self, operation: String, key: AttributeValue) -> Result<Option<Item>, Fault> {
        let table = self.shared.stack.ledger();
        let request = self.shared.ledger.get_item().table_name(&table).key(ID, key).consistent_read(true);
        match request.send().await {
            Ok(answer) => Ok(answer.item),
            Err(error) => Err(table::fault(&table, operation, error)),
        }
    }
}

/// A limit's item; the default document where there is none yet.
fn versioned(limit: &LimitName, item: Option<&Item>) -> Result<Versioned, Fault> {
    let Some(item) = item else {
        return Ok(Versioned::default());
    };
    let operation = || format!("read the document of limit '{limit}'");
    let malformed = |malformed| table::unreadable(operation(), malformed);
    let version = Version(whole(item, "version").map_err(malformed)?);
    let document = text(item, "state").map_err(malformed)?;
    let state = serde_json::from_str(document)
        .map_err(|error| Fault::new(FaultKind::Lasting, operation()).caused_by(error))?;
    Ok(Versioned { version, state })
}
