//! Walks through dead letters, in the order they came. Nothing is held while others look: each end is one
//! transaction, in which a letter that is gone is left alone.

use jobq_core::fault::Fault;
use jobq_core::letter::LetterId;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::morgue::{Fate, Found, Morgue, Round};
use jobq_core::settlement::{Parcel, Settled};
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::store::LocalStore;
use super::{batch, outbox, queue};

/// How many letters are read at once.
const PAGE: i64 = 500;

/// A walk through the letters of a queue.
pub struct LocalRound<C> {
    store: LocalStore<C>,
    queue: QueueName,
    /// The last letter shown.
    after: i64,
}

impl<C: Clock + Clone> Morgue for LocalStore<C> {
    type Round = LocalRound<C>;

    fn round(&self, queue: &QueueName) -> LocalRound<C> {
        LocalRound { store: self.clone(), queue: queue.clone(), after: 0 }
    }
}

impl<C: Clock> Round for LocalRound<C> {
    async fn next(&mut self) -> Result<Vec<Found>, Fault> {
        let (name, after) = (self.queue.clone(), self.after);
        let operation = format!("list the dead letters of queue '{name}'");
        let rows = self.store.read(operation, move |db| page(db, &name, after)).await?;
        self.after = rows.last().map_or(after, |(id, _)| *id);
        let found = |(id, body): (i64, _)| Found { id: LetterId(id.to_string()), body, arrived: None };
        Ok(rows.into_iter().map(found).collect())
    }

    async fn end(&mut self, fates: Vec<(LetterId, Fate)>) -> Result<Vec<Settled>, Fault> {
        let name = self.queue.clone();
        let operation = format!("end dead letters of queue '{name}'");
        let now = self.store.clock.now();
        let settled = self.store.write(operation, move |db| end_all(db, &name, &fates, now)).await?;
        self.store.announce();
        Ok(settled)
    }

    async fn close(self) -> Result<(), Fault> {
        Ok(())
    }
}

fn page(db: &Connection, queue: &QueueName, after: i64) -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
    let Some(queue) = queue::find(db, queue)? else {
        return Ok(Vec::new());
    };
    db.prepare_cached(
        "SELECT id, body FROM letters INDEXED BY letters_by_queue
         WHERE queue = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?
    .query_map(params![queue.0, after, PAGE], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

fn end_all(
    db: &Connection,
    queue: &QueueName,
    fates: &[(LetterId, Fate)],
    now: Timestamp,
) -> rusqlite::Result<Vec<Settled>> {
    let id = queue::find_or_make(db, queue)?;
    let mut delete = db.prepare_cached("DELETE FROM letters WHERE id = ?1 AND queue = ?2")?;
    let mut settled = Vec::with_capacity(fates.len());
    let mut back: Vec<Parcel> = Vec::new();
    let mut dead: Vec<BatchId> = Vec::new();
    for (letter, fate) in fates {
        let is_there = match letter.0.parse::<i64>() {
            Ok(letter) => delete.execute([letter, id.0])? > 0,
            Err(_) => false,
        };
        if let (true, Fate::SendBack { copy, counted }) = (is_there, fate) {
            back.push(copy.clone());
            dead.extend(counted.iter().map(|dead| dead.batch.clone()));
        }
        settled.push(if is_there { Settled::Held } else { Settled::Stale });
    }
    batch::reopen(db, id, &dead)?;
    outbox::insert_now(db, queue, back, now)?;
    Ok(settled)
}
