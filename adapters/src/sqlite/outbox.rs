//! Sends messages and keeps how far a push has come, all of it in one transaction.

use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::Parcel;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::flow::{Flows, Lane, Turns};
use super::minutes::What;
use super::number::{count, instant};
use super::store::LocalStore;
use super::{batch, minutes, queue};

impl<C: Clock> Outbox for LocalStore<C> {
    async fn open(&self, batch: &NewBatch) -> Result<Opened, Fault> {
        let new = batch.clone();
        let operation = format!("open batch '{}'", batch.id);
        self.write(operation, move |db| {
            queue::find_or_make(db, &new.queue)?;
            batch::open(db, &new)
        })
        .await
    }

    async fn send(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<(Parcel, Duration)>,
        mark: Mark,
    ) -> Result<(), Fault> {
        let operation = format!("send to queue '{queue}'");
        let (to, of) = (queue.clone(), batch.clone());
        let now = self.clock.now();
        let work = move |db: &Connection| {
            let sent = (queue::find_or_make(db, &to)?, parcels.len());
            let is_open = batch::advance(db, &of, sent, &mark, now)?;
            if is_open && !parcels.is_empty() {
                insert(db, &to, &parcels, now)?;
            }
            Ok(is_open)
        };
        if !self.write(operation.clone(), work).await? {
            let cause = format!("there is no batch '{batch}': open it first");
            return Err(Fault::new(FaultKind::Lasting, operation).caused_by(cause));
        }
        self.announce();
        Ok(())
    }
}

/// Sends parcels that may be received at once.
pub(super) fn insert_now(
    db: &Connection,
    queue: &QueueName,
    parcels: Vec<Parcel>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let parcels: Vec<(Parcel, Duration)> =
        parcels.into_iter().map(|parcel| (parcel, Duration::ZERO)).collect();
    insert(db, queue, &parcels, now)
}

/// Sends parcels, each visible after its delay.
pub(super) fn insert(
    db: &Connection,
    queue: &QueueName,
    parcels: &[(Parcel, Duration)],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let queue = queue::find_or_make(db, queue)?;
    let mut flows = Flows::of(queue);
    let mut turns = Turns::of(db, queue)?;
    let ids = reserve(db, parcels.len())?;
    let mut ready = db.prepare_cached(
        "INSERT INTO messages (id, queue, flow, state, turn, visible_at, token, receives, body)
         VALUES (?1, ?2, ?3, 0, ?4, ?5, 0, 0, ?6)",
    )?;
    // A delayed message gets its turn when it becomes ready: today's would be long past by then.
    let mut delayed = db.prepare_cached(
        "INSERT INTO messages (id, queue, flow, state, turn, visible_at, token, receives, body)
         VALUES (?1, ?2, ?3, 2, 0, ?4, 0, 0, ?5)",
    )?;
    for (id, (parcel, delay)) in ids.zip(parcels) {
        let flow = flows.find(db, &parcel.batch, Lane::fresh(parcel.priority))?;
        let visible_at = instant(now.plus(*delay));
        if delay.is_zero() {
            let turn = turns.next(db, flow)?;
            ready.execute(params![id, queue.0, flow.0, turn, visible_at, parcel.body])?;
        } else {
            delayed.execute(params![id, queue.0, flow.0, visible_at, parcel.body])?;
        }
    }
    minutes::count(db, queue, What::Added, parcels.len(), now)?;
    turns.save(db)
}

/// Takes the next ids. They grow in the order of sending and are never used again.
fn reserve(db: &Connection, messages: usize) -> rusqlite::Result<std::ops::Range<i64>> {
    let messages = count(messages);
    let end: i64 = db
        .prepare_cached("UPDATE next_message SET id = id + ?1 RETURNING id")?
        .query_row([messages], |row| row.get(0))?;
    Ok(end - messages..end)
}
