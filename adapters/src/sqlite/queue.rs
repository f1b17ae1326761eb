//! The queues seen so far. A queue comes into being with its first message or batch.

use jobq_core::name::QueueName;
use rusqlite::{Connection, OptionalExtension};

/// A queue's number in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueId(pub(super) i64);

/// Finds a queue.
pub(super) fn find(db: &Connection, name: &QueueName) -> rusqlite::Result<Option<QueueId>> {
    db.prepare_cached("SELECT id FROM queues WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get(0).map(QueueId))
        .optional()
}

/// Finds a queue or makes it.
pub(super) fn find_or_make(db: &Connection, name: &QueueName) -> rusqlite::Result<QueueId> {
    if let Some(id) = find(db, name)? {
        return Ok(id);
    }
    db.prepare_cached("INSERT INTO queues (name) VALUES (?1)")?.execute([name.as_str()])?;
    Ok(QueueId(db.last_insert_rowid()))
}
