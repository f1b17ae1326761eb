//! Measures queues, by their indexes alone.

use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::number::{instant, read};
use super::queue::{self, QueueId};
use super::store::LocalStore;

impl<C: Clock> Depth for LocalStore<C> {
    async fn measure(&self, queue: &QueueName) -> Result<QueueDepth, Fault> {
        let name = queue.clone();
        let now = self.clock.now();
        self.read(format!("measure queue '{queue}'"), move |db| match queue::find(db, &name)? {
            Some(queue) => measure(db, queue, now),
            None => Ok(QueueDepth::default()),
        })
        .await
    }
}

fn measure(db: &Connection, queue: QueueId, now: Timestamp) -> rusqlite::Result<QueueDepth> {
    let ready = ready(db, queue)?;
    let in_flight = hidden(db, queue, 1, now)?;
    let delayed = hidden(db, queue, 2, now)?;
    let dead = db
        .prepare_cached("SELECT count(*) FROM letters INDEXED BY letters_by_queue WHERE queue = ?1")?
        .query_row([queue.0], |row| row.get(0).map(read))?;
    let since = [ready.since, in_flight.due_since, delayed.due_since];
    let oldest = since.into_iter().flatten().min();
    Ok(QueueDepth {
        ready: ready.count + in_flight.due + delayed.due,
        in_flight: in_flight.hidden,
        delayed: delayed.hidden,
        dead,
        oldest: oldest.map(|since| now.since(Timestamp::from_nanos(since))),
    })
}

struct Ready {
    count: u64,
    since: Option<u64>,
}

/// The message sent first counts as the oldest one; a released one may have waited for less.
fn ready(db: &Connection, queue: QueueId) -> rusqlite::Result<Ready> {
    let sql = "SELECT count(*), min(id) FROM messages INDEXED BY ready_messages
               WHERE queue = ?1 AND state = 0";
    let (count, first): (i64, Option<i64>) =
        db.prepare_cached(sql)?.query_row([queue.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let since = db
        .prepare_cached("SELECT visible_at FROM messages WHERE id = ?1")?
        .query_row([first], |row| row.get(0).map(read))
        .optional()?;
    Ok(Ready { count: read(count), since })
}

struct Hidden {
    hidden: u64,
    /// Those whose time has come, though no receive has noticed yet.
    due: u64,
    due_since: Option<u64>,
}

fn hidden(db: &Connection, queue: QueueId, state: i64, now: Timestamp) -> rusqlite::Result<Hidden> {
    let sql = "SELECT count(*) FILTER (WHERE visible_at > ?3),
                      count(*) FILTER (WHERE visible_at <= ?3),
                      min(visible_at) FILTER (WHERE visible_at <= ?3)
               FROM messages INDEXED BY hidden_messages
               WHERE queue = ?1 AND state = ?2 AND state > 0";
    db.prepare_cached(sql)?.query_row(params![queue.0, state, instant(now)], |row| {
        Ok(Hidden {
            hidden: row.get(0).map(read)?,
            due: row.get(1).map(read)?,
            due_since: row.get::<_, Option<i64>>(2)?.map(read),
        })
    })
}
