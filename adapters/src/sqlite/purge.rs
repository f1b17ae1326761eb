//! Deletes every task of a queue.

use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use rusqlite::Connection;

use super::number::read;
use super::queue::{self, QueueId};
use super::store::LocalStore;

impl<C> LocalStore<C> {
    /// Deletes every task of a queue, whether it is ready, in flight or delayed, and answers with how many there were.
    /// Their batches know that much less. What is in flight is settled by nobody any more.
    pub async fn purge(&self, queue: &QueueName) -> Result<u64, Fault> {
        let name = queue.clone();
        let work = move |db: &Connection| queue::find(db, &name)?.map_or(Ok(0), |queue| purge(db, queue));
        self.write(format!("purge queue '{queue}'"), work).await
    }
}

fn purge(db: &Connection, queue: QueueId) -> rusqlite::Result<u64> {
    db.prepare_cached(
        "UPDATE batches SET known = known - purged.tasks
         FROM (SELECT flows.batch AS batch, count(*) AS tasks
               FROM messages JOIN flows ON flows.id = messages.flow
               WHERE messages.queue = ?1 GROUP BY flows.batch) AS purged
         WHERE batches.name = purged.batch",
    )?
    .execute([queue.0])?;
    let deleted = db.prepare_cached("DELETE FROM messages WHERE queue = ?1")?.execute([queue.0])?;
    Ok(read(i64::try_from(deleted).unwrap_or(i64::MAX)))
}
