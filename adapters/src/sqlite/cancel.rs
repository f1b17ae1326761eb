//! Cancels batches: what waits is taken out of the queues at once.

use std::collections::BTreeMap;

use jobq_core::fault::Fault;
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::batch::{self, Counts};
use super::completion;
use super::number::{instant, read};
use super::queue::QueueId;
use super::store::LocalStore;

impl<C: Clock> LocalStore<C> {
    /// Takes every task of a batch that is ready or delayed out of its queue and counts it as skipped. Answers with how
    /// many there were, or none if there is no such batch. What is in flight ends as it does; what that makes or leaves to
    /// be tried again is for drainers to skip.
    pub async fn cancel(&self, batch: &BatchId) -> Result<Option<u64>, Fault> {
        let (own, now) = (batch.clone(), self.clock.now());
        self.write(format!("cancel batch '{batch}'"), move |db| cancel(db, &own, now)).await
    }
}

fn cancel(db: &Connection, batch: &BatchId, now: Timestamp) -> rusqlite::Result<Option<u64>> {
    let sql = "UPDATE batches SET canceled_at = coalesce(canceled_at, ?2) WHERE name = ?1";
    if db.prepare_cached(sql)?.execute(params![batch.as_str(), instant(now)])? == 0 {
        return Ok(None);
    }
    let sql = "DELETE FROM messages
               WHERE state <> 1 AND (queue, flow) IN (SELECT queue, id FROM flows WHERE batch = ?1) RETURNING queue";
    let mut delete = db.prepare_cached(sql)?;
    let mut deleted: BTreeMap<i64, i64> = BTreeMap::new();
    for queue in delete.query_map([batch.as_str()], |row| row.get(0))? {
        *deleted.entry(queue?).or_default() += 1;
    }
    for (queue, skipped) in &deleted {
        batch::add(db, batch, QueueId(*queue), Counts { skipped: *skipped, ..Counts::default() })?;
    }
    completion::note(db, batch, now)?;
    Ok(Some(read(deleted.values().sum())))
}
