//! What waits in each lane of a queue: for people alone, so no port has it.

use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::flow::Lane;
use super::number::{instant, read};
use super::queue::{self, QueueId};
use super::store::LocalStore;

impl<C: Clock> LocalStore<C> {
    /// How many tasks of each lane may be received now, by [`Priority::ALL`]. Looks at every task of the queue.
    pub async fn ready_by_lane(&self, queue: &QueueName) -> Result<[u64; Priority::ALL.len()], Fault> {
        let (name, now) = (queue.clone(), self.clock.now());
        self.read(format!("count the lanes of queue '{queue}'"), move |db| match queue::find(db, &name)? {
            Some(queue) => count(db, queue, now),
            None => Ok([0; Priority::ALL.len()]),
        })
        .await
    }
}

fn count(db: &Connection, queue: QueueId, now: Timestamp) -> rusqlite::Result<[u64; Priority::ALL.len()]> {
    let sql = "SELECT flows.lane, count(*) FROM messages JOIN flows ON flows.id = messages.flow
               WHERE messages.queue = ?1 AND (state = 0 OR visible_at <= ?2) GROUP BY flows.lane";
    let mut counts = [0; Priority::ALL.len()];
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(params![queue.0, instant(now)])?;
    while let Some(row) = rows.next()? {
        counts[Lane::stored(row.get(0)?).priority().lane()] += read(row.get(1)?);
    }
    Ok(counts)
}
