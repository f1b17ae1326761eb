//! Batches that have ended: noted in the transaction that ends them, and kept until somebody was told.

use std::time::Duration;

use jobq_core::completion::{Completion, Followed};
use jobq_core::fault::Fault;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::completions::Completions;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::number::{count, instant};
use super::overview::{COLUMNS, summary};
use super::store::LocalStore;

/// Notes that a batch has ended, if it has just now.
pub(super) fn note(db: &Connection, batch: &BatchId, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE batches
               SET finished_at = ?2, times_finished = times_finished + 1, told = 0, held_until = NULL, unfollowed = NULL
               WHERE name = ?1 AND finished_at IS NULL AND complete AND known <= done + dead + skipped";
    db.prepare_cached(sql)?.execute(params![batch.as_str(), instant(now)]).map(drop)
}

impl<C: Clock> Completions for LocalStore<C> {
    async fn untold(&self, of: &[QueueName], most: usize, hold: Duration) -> Result<Vec<Completion>, Fault> {
        let now = self.clock.now();
        let of = serde_json::json!(of.iter().map(QueueName::as_str).collect::<Vec<_>>()).to_string();
        let own = of.clone();
        let what = || "look for batches that have ended".to_owned();
        // Looked at without a lock first: as a rule there is none.
        let is_any = self.read(what(), move |db| is_any(db, &own, now)).await?;
        if !is_any {
            return Ok(Vec::new());
        }
        self.write(what(), move |db| hold_untold(db, &of, most, now, now.plus(hold))).await
    }

    async fn told(&self, completion: &Completion, followed: &Followed) -> Result<(), Fault> {
        let (batch, times) = (completion.batch.id.clone(), completion.times);
        let what = format!("note that the end of batch '{batch}' was told");
        let unfollowed = followed.failure().map(str::to_owned);
        self.write(what, move |db| {
            let sql = "UPDATE batches SET told = 1, unfollowed = ?3
                       WHERE name = ?1 AND times_finished = ?2 AND finished_at IS NOT NULL";
            db.prepare_cached(sql)?.execute(params![batch.as_str(), times, unfollowed]).map(drop)
        })
        .await
    }
}

/// Whether there are any of these queues, a JSON list.
fn is_any(db: &Connection, of: &str, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM batches INDEXED BY untold_batches
               WHERE finished_at IS NOT NULL AND told = 0 AND (held_until IS NULL OR held_until <= ?1)
               AND queue IN (SELECT value FROM json_each(?2)))";
    db.prepare_cached(sql)?.query_row(params![instant(now), of], |row| row.get(0))
}

fn hold_untold(
    db: &Connection,
    of: &str,
    most: usize,
    now: Timestamp,
    until: Timestamp,
) -> rusqlite::Result<Vec<Completion>> {
    let sql = format!(
        "UPDATE batches SET held_until = ?2
         WHERE id IN (SELECT id FROM batches INDEXED BY untold_batches
                      WHERE finished_at IS NOT NULL AND told = 0 AND (held_until IS NULL OR held_until <= ?1)
                        AND queue IN (SELECT value FROM json_each(?4))
                      ORDER BY finished_at LIMIT ?3)
         RETURNING {COLUMNS}, times_finished"
    );
    let mut update = db.prepare_cached(&sql)?;
    let rows = update.query_map(params![instant(now), instant(until), count(most), of], |row| {
        let batch = summary(row)?;
        // Without an end it wouldn't be here.
        let finished_at = batch.finished_at.unwrap_or(now);
        Ok(Completion { batch, finished_at, times: row.get("times_finished")? })
    })?;
    let mut held: Vec<Completion> = rows.collect::<rusqlite::Result<_>>()?;
    held.sort_by_key(|completion| completion.finished_at);
    Ok(held)
}
