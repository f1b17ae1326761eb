//! Counts tasks of batches, each once.
//!
//! Which tasks were counted stands on pages; how many, in the batch's item. Both change in one transaction, whose condition is
//! that none of the tasks is on its page yet. Where one is, because its message came twice or a reply was lost, it is left out
//! and the others are written: so counting is repeatable, by whomever. Two programs that count the same batch in the same
//! instant are refused one of them, which waits a moment; each counts about once a second at most, so that is rare.

use std::time::Duration;

use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem, Update};
use futures::future::try_join_all;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;

use super::page::{self, Note, Noted, Page};
use super::store::AwsStore;
use super::sums::Sums;
use super::table::{self, ID, number};
use super::twins::KEPT;

/// The most pages of a transaction: DynamoDB takes 100 items, and one is the batch's.
const PAGES: usize = 99;

/// How often a transaction is tried while others write the same items, or while some of its tasks turn out to be counted.
const TRIES: u32 = 10;

/// About how long the second try waits for others; each further one twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest a try waits.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What became of a transaction.
enum Written {
    All,
    /// Nobody has opened the batch: nothing is counted.
    NoBatch,
    /// On these pages some of it is noted already.
    Refused(Vec<usize>),
    /// Somebody else was writing.
    Contended,
}

impl<C: Clock> AwsStore<C> {
    /// Counts tasks of a batch, each note of a task once. A batch nobody opened isn't counted. Repeats are safe.
    pub(super) async fn count_tasks<'a>(
        &self,
        batch: &BatchId,
        notes: impl IntoIterator<Item = Noted<'a>>,
    ) -> Result<(), Fault> {
        let operation = format!("count tasks of batch '{batch}'");
        let mut pages = page::pages(notes);
        // One after the other: they all write the batch's item.
        while !pages.is_empty() {
            let rest = pages.split_off(pages.len().min(PAGES));
            self.note(&operation, batch, pages).await?;
            pages = rest;
        }
        Ok(())
    }

    async fn note(&self, operation: &str, batch: &BatchId, mut pages: Vec<Page<'_>>) -> Result<(), Fault> {
        for tried in 0..TRIES {
            match self.transact(operation, batch, &pages).await? {
                Written::All | Written::NoBatch => return Ok(()),
                Written::Refused(refused) => pages = self.left(operation, batch, pages, &refused).await?,
                Written::Contended => self.clock.sleep(self.pause(tried)).await,
            }
            if pages.is_empty() {
                return Ok(());
            }
        }
        let cause = format!("others have written the same batch {TRIES} times");
        Err(Fault::new(FaultKind::Passing, operation).caused_by(cause))
    }

    /// The pages without what is noted already on those that refused.
    async fn left<'a>(
        &self,
        operation: &str,
        batch: &BatchId,
        pages: Vec<Page<'a>>,
        refused: &[usize],
    ) -> Result<Vec<Page<'a>>, Fault> {
        let read = refused.iter().filter_map(|at| pages.get(*at));
        let there = read.map(|page| self.item(operation.to_owned(), page.key(batch)));
        let there = try_join_all(there).await?;
        let mut left = Vec::with_capacity(pages.len());
        for (at, mut page) in pages.into_iter().enumerate() {
            let read = refused.iter().position(|refused| *refused == at);
            if read.is_none_or(|read| page.leave_out(there[read].as_ref())) {
                left.push(page);
            }
        }
        Ok(left)
    }

    async fn transact(&self, operation: &str, batch: &BatchId, pages: &[Page<'_>]) -> Result<Written, Fault> {
        let table = self.shared.stack.ledger();
        let expires = self.clock.now().plus(KEPT).as_nanos() / 1_000_000_000;
        let unbuilt = |error: BuildError| Fault::new(FaultKind::Lasting, operation).caused_by(error);
        let mut updates = vec![self.sums(&table, batch, pages).map_err(unbuilt)?];
        for page in pages {
            updates.push(page.update(&table, batch, number(expires)).map_err(unbuilt)?);
        }
        let items = updates.into_iter().map(|update| TransactWriteItem::builder().update(update).build());
        let request = self.shared.ledger.transact_write_items();
        match request.set_transact_items(Some(items.collect())).send().await {
            Ok(_) => Ok(Written::All),
            Err(error) => canceled(&error).ok_or_else(|| table::fault(&table, operation.to_owned(), error)),
        }
    }

    /// The write of the batch's item. What goes back opens it again, if it had ended.
    fn sums(&self, table: &str, batch: &BatchId, pages: &[Page<'_>]) -> Result<Update, BuildError> {
        let notes = || pages.iter().flat_map(Page::notes);
        let mut sums = Sums::default();
        notes().for_each(|noted| sums.note(noted));
        let reopens = if notes().any(|noted| noted.note == Note::Back) {
            " REMOVE finished_at, told, held_until, unfollowed"
        } else {
            ""
        };
        let update = Update::builder()
            .table_name(table)
            .key(ID, table::batch_key(batch))
            .update_expression(format!("ADD {} SET expires = :expires{reopens}", sums.expression()))
            .condition_expression("attribute_exists(id)")
            .expression_attribute_values(":expires", self.expiry());
        let update =
            sums.names().fold(update, |update, (of, name)| update.expression_attribute_names(of, name));
        sums.values()
            .fold(update, |update, (of, value)| update.expression_attribute_values(of, value))
            .build()
    }

    /// How long to wait for others: longer each time, and not as long as they do.
    pub(super) fn pause(&self, tried: u32) -> Duration {
        let longest = PAUSE.saturating_mul(2u32.saturating_pow(tried)).min(LONGEST_PAUSE);
        // No two clocks show the same nanosecond.
        let by_lot = self.clock.now().as_nanos() % 1_024;
        longest / 2 + longest.mul_f64(by_lot as f64 / 1_024.0)
    }
}

/// Why a transaction was canceled, as far as it can be mended by another one; the batch's item comes first in it.
fn canceled<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Written> {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error()
    else {
        return None;
    };
    let reasons = canceled.cancellation_reasons();
    let is = |reason: &CancellationReason, code: &str| reason.code() == Some(code);
    let failed = |reason: &CancellationReason| is(reason, "ConditionalCheckFailed");
    let (of_batch, of_pages) = reasons.split_first()?;
    if failed(of_batch) {
        return Some(Written::NoBatch);
    }
    let pages = of_pages.iter().enumerate().filter(|(_, reason)| failed(reason));
    let refused: Vec<usize> = pages.map(|(at, _)| at).collect();
    if !refused.is_empty() {
        return Some(Written::Refused(refused));
    }
    let passes = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    reasons.iter().any(|reason| passes.iter().any(|code| is(reason, code))).then_some(Written::Contended)
}
