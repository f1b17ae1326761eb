//! Lists dead letters.

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::morgue::{Cursor, Morgue, Page};
use rusqlite::{Connection, params};

use super::number::count;
use super::queue;
use super::store::LocalStore;

impl<C: Clock> Morgue for LocalStore<C> {
    async fn list(&self, queue: &QueueName, cursor: Option<Cursor>, max: usize) -> Result<Page, Fault> {
        let operation = format!("list the dead letters of queue '{queue}'");
        let after = match &cursor {
            None => 0,
            Some(Cursor(text)) => text.parse::<i64>().map_err(|_| {
                let cause = format!("'{text}' is no place in this list");
                Fault::new(FaultKind::Lasting, operation.clone()).caused_by(cause)
            })?,
        };
        let name = queue.clone();
        self.read(operation, move |db| page(db, &name, after, max)).await
    }
}

/// Letters lie in the order of their ids; the cursor is the last id seen.
fn page(db: &Connection, queue: &QueueName, after: i64, max: usize) -> rusqlite::Result<Page> {
    let mut letters = match queue::find(db, queue)? {
        Some(queue) => db
            .prepare_cached(
                "SELECT id, body FROM letters INDEXED BY letters_by_queue
                 WHERE queue = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            )?
            // One more than asked for tells whether there is a next page.
            .query_map(params![queue.0, after, count(max).saturating_add(1)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<rusqlite::Result<Vec<(i64, Vec<u8>)>>>()?,
        None => Vec::new(),
    };
    let is_last = letters.len() <= max;
    letters.truncate(max);
    let last = letters.last().map_or(after, |(id, _)| *id);
    Ok(Page {
        letters: letters.into_iter().map(|(_, letter)| letter).collect(),
        next: (!is_last).then(|| Cursor(last.to_string())),
    })
}
