//! Gives messages out, the lowest turns first.

use jobq_core::delivery::Delivery;
use jobq_core::name::QueueName;
use jobq_core::time::Timestamp;
use rusqlite::{CachedStatement, Connection, Row, params};

use super::flow::{self, FlowId, Turns};
use super::number::instant;
use super::queue::{self, QueueId};
use super::receipt::Stub;

/// How many hidden messages become ready in one receive at most, so that a receive stays short when very
/// many delays end at once.
const PROMOTED: i64 = 1_000;

/// One receive.
#[derive(Debug, Clone)]
pub(super) struct Receive {
    pub(super) queue: QueueName,
    pub(super) max: i64,
    pub(super) now: Timestamp,
    pub(super) hidden_until: Timestamp,
}

impl Receive {
    /// Hides up to `max` messages and answers them.
    pub(super) fn run(&self, db: &Connection) -> rusqlite::Result<Vec<Delivery>> {
        let Some(queue) = queue::find(db, &self.queue)? else {
            return Ok(Vec::new());
        };
        expire(db, queue, self.now)?;
        promote(db, queue, self.now)?;
        let found = self.ready(db, queue)?;
        if let Some(last) = found.last() {
            flow::pass(db, queue, last.turn)?;
        }
        let hide = &mut db.prepare_cached(
            "UPDATE messages SET state = 1, visible_at = ?2, token = ?3, receives = ?4 WHERE id = ?1",
        )?;
        found.into_iter().map(|message| self.deliver(hide, message)).collect()
    }

    fn ready(&self, db: &Connection, queue: QueueId) -> rusqlite::Result<Vec<Ready>> {
        let sql = "SELECT id, turn, token, receives, body FROM messages INDEXED BY ready_messages
                   WHERE queue = ?1 AND state = 0 ORDER BY turn LIMIT ?2";
        let mut select = db.prepare_cached(sql)?;
        select.query_map([queue.0, self.max], Ready::read)?.collect()
    }

    fn deliver(&self, hide: &mut CachedStatement<'_>, message: Ready) -> rusqlite::Result<Delivery> {
        let stub = Stub { message: message.id, token: message.token + 1 };
        let receives = message.receives.saturating_add(1);
        hide.execute(params![stub.message, instant(self.hidden_until), stub.token, receives])?;
        Ok(Delivery {
            receipt: stub.receipt(),
            queue: self.queue.clone(),
            body: message.body,
            receives,
            hidden_until: self.hidden_until,
        })
    }
}

/// Whether a receive would find anything. Takes no lock.
pub(super) fn is_waiting(db: &Connection, queue: &QueueName, now: Timestamp) -> rusqlite::Result<bool> {
    let Some(queue) = queue::find(db, queue)? else {
        return Ok(false);
    };
    let sql = "SELECT
        EXISTS (SELECT 1 FROM messages INDEXED BY ready_messages WHERE queue = ?1 AND state = 0)
        OR EXISTS (SELECT 1 FROM messages INDEXED BY hidden_messages
                   WHERE queue = ?1 AND state = 1 AND state > 0 AND visible_at <= ?2)
        OR EXISTS (SELECT 1 FROM messages INDEXED BY hidden_messages
                   WHERE queue = ?1 AND state = 2 AND state > 0 AND visible_at <= ?2)";
    db.prepare_cached(sql)?.query_row([queue.0, instant(now)], |row| row.get(0))
}

/// Makes messages ready that were received and not settled in time. They keep their turns: they had theirs,
/// and nothing came of it.
fn expire(db: &Connection, queue: QueueId, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "UPDATE messages SET state = 0 WHERE id IN (
                   SELECT id FROM messages INDEXED BY hidden_messages
                   WHERE queue = ?1 AND state = 1 AND state > 0 AND visible_at <= ?2 LIMIT ?3)";
    db.prepare_cached(sql)?.execute([queue.0, instant(now), PROMOTED]).map(drop)
}

/// Makes messages ready whose delay has ended. They join their flows now.
fn promote(db: &Connection, queue: QueueId, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "SELECT id, flow FROM messages INDEXED BY hidden_messages
               WHERE queue = ?1 AND state = 2 AND state > 0 AND visible_at <= ?2
               ORDER BY visible_at LIMIT ?3";
    let due: Vec<(i64, FlowId)> = db
        .prepare_cached(sql)?
        .query_map([queue.0, instant(now), PROMOTED], |row| Ok((row.get(0)?, FlowId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    if due.is_empty() {
        return Ok(());
    }
    let mut turns = Turns::of(db, queue)?;
    let mut update = db.prepare_cached("UPDATE messages SET state = 0, turn = ?2 WHERE id = ?1")?;
    for (id, flow) in due {
        let turn = turns.next(db, flow)?;
        update.execute([id, turn])?;
    }
    turns.save(db)
}

struct Ready {
    id: i64,
    turn: i64,
    token: i64,
    receives: u32,
    body: Vec<u8>,
}

impl Ready {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            turn: row.get(1)?,
            token: row.get(2)?,
            receives: row.get(3)?,
            body: row.get(4)?,
        })
    }
}
