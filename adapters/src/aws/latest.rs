//! Which batches are the latest: one small item, so that nobody has to read the whole table to show them.
//!
//! It is written when a batch is opened, by compare-and-swap, and holds a few names: two requests a push, whatever its size.
//! An index of the table would do the same for every batch, but a stack that is there would have to build it first, and its
//! readers may come too early. Batches of before are in the table and not in the list.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use futures::future::try_join_all;
use jobq_core::batch::BatchSummary;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use serde::{Deserialize, Serialize};

use super::overview::summary;
use super::store::AwsStore;
use super::table::{self, ID, Item, number, text, whole};

/// The key of the item.
const LATEST: &str = "latest#batches";

/// How many names are kept.
const KEPT: usize = 10;

/// How often the list is read anew because somebody else has changed it meanwhile.
const TRIES: usize = 20;

/// A batch as the list has it. Names are a format: old ones go on being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    id: String,
    /// When it was made, in nanoseconds: the list's order.
    at: u64,
}

/// The list, and the version it is replaced by.
#[derive(Default)]
struct Versioned {
    version: u64,
    entries: Vec<Entry>,
}

impl<C> AwsStore<C> {
    /// So many of the latest batches, the latest first, of at most ten. A batch that is gone is left out.
    pub async fn latest_batches(&self, most: usize) -> Result<Vec<BatchSummary>, Fault> {
        let operation = "list the latest batches";
        let list = versioned(operation, self.item(operation.to_owned(), key()).await?.as_ref())?;
        let names = list.entries.iter().filter_map(|entry| entry.id.parse::<BatchId>().ok()).take(most);
        let items = names.map(|id| self.item(format!("read batch '{id}'"), table::batch_key(&id)));
        let items = try_join_all(items).await?;
        let batches = items.iter().flatten().map(summary).collect::<Result<Vec<_>, _>>();
        batches.map_err(|malformed| table::unreadable(operation.to_owned(), malformed))
    }

    /// Puts a batch on the list if it is one of the latest. Repeats are safe.
    pub(super) async fn note_latest(&self, batch: &BatchId, created_at: u64) -> Result<(), Fault> {
        let operation = format!("note that batch '{batch}' is one of the latest");
        let mut list = versioned(&operation, self.item(operation.clone(), key()).await?.as_ref())?;
        for _ in 0..TRIES {
            let Some(entries) = with(&list.entries, batch, created_at) else {
                return Ok(());
            };
            match self.swap_latest(&operation, list.version, &entries).await? {
                None => return Ok(()),
                Some(there) => list = there,
            }
        }
        Err(Fault::new(FaultKind::Passing, operation).caused_by("many batches were opened at the same time"))
    }

    /// Replaces the list; answers with what is there if somebody else was faster.
    async fn swap_latest(
        &self,
        operation: &str,
        expected: u64,
        entries: &[Entry],
    ) -> Result<Option<Versioned>, Fault> {
        let list = serde_json::to_string(entries)
            .map_err(|error| Fault::new(FaultKind::Lasting, operation).caused_by(error))?;
        let request = self.shared.ledger.put_item().table_name(self.shared.stack.ledger());
        let request = request
            .item(ID, key())
            .item("version", number(expected.saturating_add(1)))
            .item("batches", AttributeValue::S(list))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match expected {
            0 => request.condition_expression("attribute_not_exists(id)"),
            expected => request
                .condition_expression("version = :expected")
                .expression_attribute_values(":expected", number(expected)),
        };
        let Err(error) = request.send().await else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                versioned(operation, failed.item()).map(Some)
            }
            _ => Err(table::fault(&self.shared.stack.ledger(), operation.to_owned(), error)),
        }
    }
}

fn key() -> AttributeValue {
    AttributeValue::S(LATEST.to_owned())
}

fn versioned(operation: &str, item: Option<&Item>) -> Result<Versioned, Fault> {
    let Some(item) = item else {
        return Ok(Versioned::default());
    };
    let malformed = |malformed| table::unreadable(operation.to_owned(), malformed);
    let version = whole(item, "version").map_err(malformed)?;
    let entries = serde_json::from_str(text(item, "batches").map_err(malformed)?)
        .map_err(|error| Fault::new(FaultKind::Lasting, operation).caused_by(error))?;
    Ok(Versioned { version, entries })
}

/// The list with a batch on it; none if that changes nothing, because it is there already or too old.
fn with(entries: &[Entry], batch: &BatchId, created_at: u64) -> Option<Vec<Entry>> {
    if entries.iter().any(|entry| entry.id == batch.as_str()) {
        return None;
    }
    let place = entries.iter().position(|entry| entry.at <= created_at).unwrap_or(entries.len());
    if place >= KEPT {
        return None;
    }
    let mut entries = entries.to_vec();
    entries.insert(place, Entry { id: batch.to_string(), at: created_at });
    entries.truncate(KEPT);
    Some(entries)
}

#[cfg(test)]
mod tests {
    //! Who is on the list, and that it doesn't grow.

    use super::*;

    fn list(made: &[(&str, u64)]) -> Vec<Entry> {
        made.iter().fold(Vec::new(), |list, (id, at)| with(&list, &id.parse().unwrap(), *at).unwrap_or(list))
    }

    fn ids(list: &[Entry]) -> Vec<&str> {
        list.iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn the_latest_come_first_in_whatever_order_they_are_noted() {
        assert_eq!(ids(&list(&[("b", 2), ("a", 1), ("c", 3), ("b", 2)])), ["c", "b", "a"]);
    }

    #[test]
    fn ten_are_kept_and_an_older_one_changes_nothing() {
        let many: Vec<String> = (0..30).map(|number| format!("b{number}")).collect();
        let made: Vec<(&str, u64)> = many.iter().map(String::as_str).zip(10..).collect();
        let full = list(&made);
        assert_eq!((full.len(), full[0].id.as_str(), full[9].id.as_str()), (KEPT, "b29", "b20"));
        assert_eq!(with(&full, &"old".parse().unwrap(), 9), None);
        assert_eq!(with(&full, &"b25".parse().unwrap(), 35), None);
    }
}
