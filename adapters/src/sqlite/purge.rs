//! Deletes every task of a queue.

use jobq_core::fault::Fault;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;
use rusqlite::Connection;

use super::batch::{self, Counts};
use super::completion;
use super::number::read;
use super::overview::name;
use super::queue::{self, QueueId};
use super::store::LocalStore;

impl<C: Clock> LocalStore<C> {
    /// Deletes every task of a queue, whether it is ready, in flight or delayed, and answers with how many there were.
    /// Their batches know that much less. What is in flight is settled by nobody any more.
    pub async fn purge(&self, queue: &QueueName) -> Result<u64, Fault> {
        let name = queue.clone();
        let now = self.clock.now();
        let work =
            move |db: &Connection| queue::find(db, &name)?.map_or(Ok(0), |queue| purge(db, queue, now));
        self.write(format!("purge queue '{queue}'"), work).await
    }
}

fn purge(db: &Connection, queue: QueueId, now: Timestamp) -> rusqlite::Result<u64> {
    let mut waiting = db.prepare_cached(
        "SELECT flows.batch, count(*) FROM messages JOIN flows ON flows.id = messages.flow
         WHERE messages.queue = ?1 GROUP BY flows.batch",
    )?;
    let purged = waiting.query_map([queue.0], |row| Ok((name(row, 0)?, row.get(1)?)))?;
    let purged: Vec<(BatchId, i64)> = purged.collect::<rusqlite::Result<_>>()?;
    for (batch, tasks) in &purged {
        batch::add(db, batch, queue, Counts { known: -tasks, ..Counts::default() })?;
        completion::note(db, batch, now)?;
    }
    let deleted = db.prepare_cached("DELETE FROM messages WHERE queue = ?1")?.execute([queue.0])?;
    Ok(read(i64::try_from(deleted).unwrap_or(i64::MAX)))
}
