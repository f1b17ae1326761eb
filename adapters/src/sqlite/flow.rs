//! Fair order between batches, by start-time fair queueing.
//!
//! The messages of one batch and priority in a queue are a flow. Every message gets a turn when it becomes
//! ready: one stride after its flow's last one, but never behind the queue's virtual time, which is the
//! highest turn received so far. The lowest turns are received first. So a large batch spreads far ahead of
//! the virtual time, and a small one pushed later starts at it, which is soon; a flow that had nothing to do
//! can't save up turns; and as long as anything is ready, something is served.
//!
//! Retries are flows of their own: behind their batch's fresh messages they could wait for hours, and ahead
//! of everybody they would crowd out other batches when an API has been down.

use jobq_core::name::BatchId;
use jobq_core::task::Priority;
use rusqlite::{Connection, OptionalExtension, params};

use super::number::stored;
use super::queue::QueueId;

/// Which of a batch's flows in a queue, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lane(i64);

impl Lane {
    /// Messages that come for the first time.
    pub(super) fn fresh(priority: Priority) -> Self {
        match priority {
            Priority::High => Self(0),
            Priority::Normal => Self(2),
            Priority::Bulk => Self(4),
        }
    }

    /// Messages that come again.
    pub(super) fn retry(priority: Priority) -> Self {
        Self(Self::fresh(priority).0 + 1)
    }

    /// The one that is stored as this.
    pub(super) fn stored(number: i64) -> Self {
        Self(number)
    }

    /// The priority of its messages.
    pub(super) fn priority(self) -> Priority {
        match self.0 / 2 {
            0 => Priority::High,
            1 => Priority::Normal,
            _ => Priority::Bulk,
        }
    }

    fn stride(self) -> i64 {
        stored(self.priority().stride())
    }
}

/// A flow's number in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FlowId(pub(super) i64);

/// Hands out turns in one queue. Flows are read once and written once, however many turns they give.
pub(super) struct Turns {
    virtual_time: i64,
    flows: Vec<Flow>,
}

struct Flow {
    id: FlowId,
    lane: Lane,
    last: i64,
}

impl Turns {
    /// Begins with the queue's virtual time.
    pub(super) fn of(db: &Connection, queue: QueueId) -> rusqlite::Result<Self> {
        let virtual_time = db
            .prepare_cached("SELECT virtual_time FROM queues WHERE id = ?1")?
            .query_row([queue.0], |row| row.get(0))?;
        Ok(Self { virtual_time, flows: Vec::new() })
    }

    /// The flow's next turn.
    pub(super) fn next(&mut self, db: &Connection, id: FlowId) -> rusqlite::Result<i64> {
        let known = self.flows.iter().position(|flow| flow.id == id);
        let at = match known {
            Some(at) => at,
            None => {
                self.flows.push(load(db, id)?);
                self.flows.len() - 1
            }
        };
        let flow = &mut self.flows[at];
        flow.last = flow.last.max(self.virtual_time).saturating_add(flow.lane.stride());
        Ok(flow.last)
    }

    /// Stores how far the flows have come.
    pub(super) fn save(self, db: &Connection) -> rusqlite::Result<()> {
        let mut update = db.prepare_cached("UPDATE flows SET turn = ?2 WHERE id = ?1")?;
        for flow in &self.flows {
            update.execute([flow.id.0, flow.last])?;
        }
        Ok(())
    }
}

/// Moves a queue's virtual time to a turn just received.
pub(super) fn pass(db: &Connection, queue: QueueId, turn: i64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE queues SET virtual_time = ?2 WHERE id = ?1 AND virtual_time < ?2")?
        .execute([queue.0, turn])
        .map(drop)
}

/// Finds flows or makes them. Remembers the latest answer, for neighbours are mostly of one flow.
pub(super) struct Flows {
    queue: QueueId,
    latest: Option<(BatchId, Lane, FlowId)>,
}

impl Flows {
    /// The flows of a queue.
    pub(super) fn of(queue: QueueId) -> Self {
        Self { queue, latest: None }
    }

    /// Finds a flow or makes it.
    pub(super) fn find(&mut self, db: &Connection, batch: &BatchId, lane: Lane) -> rusqlite::Result<FlowId> {
        if let Some((known, of, id)) = &self.latest
            && (known, *of) == (batch, lane)
        {
            return Ok(*id);
        }
        let id = find_or_make(db, self.queue, batch, lane)?;
        self.latest = Some((batch.clone(), lane, id));
        Ok(id)
    }
}

fn find_or_make(db: &Connection, queue: QueueId, batch: &BatchId, lane: Lane) -> rusqlite::Result<FlowId> {
    let key = params![queue.0, batch.as_str(), lane.0];
    let found = db
        .prepare_cached("SELECT id FROM flows WHERE queue = ?1 AND batch = ?2 AND lane = ?3")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(FlowId(id));
    }
    db.prepare_cached("INSERT INTO flows (queue, batch, lane) VALUES (?1, ?2, ?3)")?.execute(key)?;
    Ok(FlowId(db.last_insert_rowid()))
}

fn load(db: &Connection, id: FlowId) -> rusqlite::Result<Flow> {
    db.prepare_cached("SELECT lane, turn FROM flows WHERE id = ?1")?
        .query_row([id.0], |row| Ok(Flow { id, lane: Lane(row.get(0)?), last: row.get(1)? }))
}
