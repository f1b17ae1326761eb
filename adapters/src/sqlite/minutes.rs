//! How many tasks came and ended lately, counted by the minute in the transactions that send and settle them.

use std::collections::BTreeMap;
use std::time::Duration;

use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::policy::recent::{Minute, Recent, minute_of, recent};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::history::{History, Past};
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::number::{instant, read, stored};
use super::queue::{self, QueueId};
use super::store::LocalStore;

/// In seconds.
const MINUTE: u64 = 60;

/// How many minutes are kept.
const KEPT: u64 = 60;

/// What is counted. The numbers lie in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Tasks that were sent; retries are none of them.
    Added = 0,
    /// Tasks that ended, done or dead.
    Settled = 1,
}

/// What came and went in the last 60 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Lately {
    /// Tasks that were sent; retries are none of them.
    pub added: Recent,
    /// Tasks that ended, done or dead.
    pub settled: Recent,
}

impl<C: Clock> LocalStore<C> {
    /// What came to a queue and ended in the last 60 seconds. A queue nobody has used yet is quiet, not a fault.
    pub async fn lately(&self, queue: &QueueName) -> Result<Lately, Fault> {
        let name = queue.clone();
        let now = self.clock.now();
        self.read(format!("look at the last minute of queue '{queue}'"), move |db| {
            let Some(queue) = queue::find(db, &name)? else { return Ok(Lately::default()) };
            let lately = |what| minutes(db, queue, what).map(|minutes| recent(&minutes, now));
            Ok(Lately { added: lately(What::Added)?, settled: lately(What::Settled)? })
        })
        .await
    }
}

/// Every whole minute is known: one in which nothing was sent has no row.
impl<C: Clock> History for LocalStore<C> {
    async fn past(&self, queue: &QueueName, length: Duration) -> Result<Vec<Past>, Fault> {
        let name = queue.clone();
        let this_minute = minute_of(self.clock.now());
        let count = (length.as_secs() / MINUTE).clamp(1, KEPT);
        let minutes = this_minute.saturating_sub(count)..this_minute;
        self.read(format!("look at the past of queue '{queue}'"), move |db| {
            let Some(queue) = queue::find(db, &name)? else { return Ok(Vec::new()) };
            let sent = sent(db, queue, minutes.start)?;
            let past = |minute| Past {
                at: Timestamp::from_secs(minute * MINUTE),
                sent: Some(sent.get(&minute).copied().unwrap_or(0.0)),
                ready: None,
            };
            Ok(minutes.clone().map(past).collect())
        })
        .await
    }
}

/// How many tasks were sent in each minute from `first` on in which any were.
fn sent(db: &Connection, queue: QueueId, first: u64) -> rusqlite::Result<BTreeMap<u64, f64>> {
    let sql =
        "SELECT minute, CAST(count AS REAL) FROM minutes WHERE queue = ?1 AND what = ?2 AND minute >= ?3";
    db.prepare_cached(sql)?
        .query_map(params![queue.0, What::Added as i64, stored(first)], |row| {
            Ok((read(row.get(0)?), row.get(1)?))
        })?
        .collect()
}

/// Counts. With the first of a minute those of an hour ago are forgotten.
pub(super) fn count(
    db: &Connection,
    queue: QueueId,
    what: What,
    count: usize,
    now: Timestamp,
) -> rusqlite::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let minute = minute_of(now);
    let sql = "INSERT INTO minutes (queue, what, minute, since, count) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (queue, what, minute) DO UPDATE SET count = count + excluded.count
               RETURNING count = ?5";
    let row = params![queue.0, what as i64, stored(minute), instant(now), super::number::count(count)];
    let is_first: bool = db.prepare_cached(sql)?.query_row(row, |row| row.get(0))?;
    if is_first {
        let oldest = stored(minute.saturating_sub(KEPT));
        db.prepare_cached("DELETE FROM minutes WHERE queue = ?1 AND what = ?2 AND minute < ?3")?
            .execute(params![queue.0, what as i64, oldest])?;
    }
    Ok(())
}

/// The latest minutes, which are all that 60 seconds can touch.
fn minutes(db: &Connection, queue: QueueId, what: What) -> rusqlite::Result<Vec<Minute>> {
    let sql = "SELECT since, count FROM minutes WHERE queue = ?1 AND what = ?2 ORDER BY minute DESC LIMIT 3";
    db.prepare_cached(sql)?
        .query_map(params![queue.0, what as i64], |row| {
            Ok(Minute { from: Timestamp::from_nanos(read(row.get(0)?)), count: read(row.get(1)?) })
        })?
        .collect()
}
