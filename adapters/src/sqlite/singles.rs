//! Sends what nothing like it was sent before, and remembers it, in one transaction: what is remembered was sent.

use std::time::Duration;

use jobq_core::batch::Mark;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::likeness::{Likeness, Once, Single};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::singles::Singles;
use jobq_core::settlement::Parcel;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::batch;
use super::number::instant;
use super::outbox::insert;
use super::queue::{self, QueueId};
use super::store::LocalStore;

/// How many that are over are forgotten with each load: more than a load remembers, so that the table doesn't grow.
const FORGOTTEN: u32 = 10_000;

impl<C: Clock> Singles for LocalStore<C> {
    async fn send_once(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<Single>,
        mark: Mark,
    ) -> Result<Vec<Once>, Fault> {
        let operation = format!("send to queue '{queue}'");
        let (to, of) = (queue.clone(), batch.clone());
        let now = self.clock.now();
        let work = move |db: &Connection| {
            // First: without a batch nothing is sent, and then nothing may be remembered.
            if batch::tally(db, &of)?.is_none() {
                return Ok(None);
            }
            let queue = queue::find_or_make(db, &to)?;
            let Sorted { ends, new } = sort(db, queue, &parcels, now)?;
            batch::advance(db, &of, (queue, new.len()), &mark, now)?;
            if !new.is_empty() {
                insert(db, &to, &new, now)?;
            }
            Ok(Some(ends))
        };
        let Some(ends) = self.write(operation.clone(), work).await? else {
            let cause = format!("there is no batch '{batch}': open it first");
            return Err(Fault::new(FaultKind::Lasting, operation).caused_by(cause));
        };
        self.announce();
        Ok(ends)
    }
}

/// What becomes of parcels.
struct Sorted {
    /// Each, in their order.
    ends: Vec<Once>,
    /// Those that are to be sent.
    new: Vec<(Parcel, Duration)>,
}

/// What becomes of each, and those that are to be sent. They are remembered from now on.
fn sort(db: &Connection, queue: QueueId, parcels: &[Single], now: Timestamp) -> rusqlite::Result<Sorted> {
    forget(db, now)?;
    let mut sorted = Sorted { ends: Vec::with_capacity(parcels.len()), new: Vec::new() };
    for single in parcels {
        let is_new = remember(db, queue, single.likeness, single.until, now)?;
        sorted.ends.push(if is_new { Once::Sent } else { Once::Duplicate });
        if is_new {
            sorted.new.push((single.parcel.clone(), single.delay));
        }
    }
    Ok(sorted)
}

/// Remembers a likeness; false if it is remembered already.
fn remember(
    db: &Connection,
    queue: QueueId,
    likeness: Likeness,
    until: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO singles (queue, likeness, until) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET until = excluded.until WHERE until <= ?4";
    let row = params![queue.0, likeness.as_bytes(), instant(until), instant(now)];
    Ok(db.prepare_cached(sql)?.execute(row)? > 0)
}

/// Drops what may be sent again.
fn forget(db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "DELETE FROM singles WHERE (queue, likeness) IN
               (SELECT queue, likeness FROM singles WHERE until <= ?1 LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![instant(now), FORGOTTEN]).map(drop)
}
