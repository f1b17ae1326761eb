//! Batches in the tables: their marks and their counts.

use std::collections::BTreeMap;

use jobq_core::batch::{Mark, NewBatch, Opened, Stage, Tally};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::stages;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::completion;
use super::number::{count, instant, read, stored};
use super::overview::name;
use super::queue::{self, QueueId};

/// Makes a batch, or finds it.
pub(super) fn open(db: &Connection, batch: &NewBatch) -> rusqlite::Result<Opened> {
    let found = db
        .prepare_cached("SELECT queue, source, lines, refused, complete FROM batches WHERE name = ?1")?
        .query_row([batch.id.as_str()], |row| {
            let is_ours = row.get_ref(0)?.as_str()? == batch.queue.as_str()
                && row.get_ref(1)?.as_str()? == batch.source;
            let mark =
                Mark { lines: row.get(2).map(read)?, refused: row.get(3).map(read)?, complete: row.get(4)? };
            Ok(if is_ours { Opened::Resumed(mark) } else { Opened::Foreign })
        })
        .optional()?;
    match found {
        Some(opened) => Ok(opened),
        None => insert(db, batch).map(|()| Opened::New),
    }
}

fn insert(db: &Connection, batch: &NewBatch) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO batches (name, queue, source, created_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![batch.id.as_str(), batch.queue.as_str(), batch.source, instant(batch.created_at)])
        .map(drop)
}

/// Moves a batch's mark and counts what was sent to a queue with it. False if there is no such batch.
pub(super) fn advance(
    db: &Connection,
    id: &BatchId,
    (queue, sent): (QueueId, usize),
    mark: &Mark,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE batches SET lines = ?2, refused = ?3, complete = ?4 WHERE name = ?1";
    let row = params![id.as_str(), stored(mark.lines), stored(mark.refused), mark.complete];
    db.prepare_cached(sql)?.execute(row)?;
    let is_there = add(db, id, queue, Counts { known: count(sent), ..Counts::default() })?;
    completion::note(db, id, now)?;
    Ok(is_there)
}

/// A batch's counts.
pub(super) fn tally(db: &Connection, id: &BatchId) -> rusqlite::Result<Option<Tally>> {
    db.prepare_cached("SELECT known, done, dead, skipped FROM batches WHERE name = ?1")?
        .query_row([id.as_str()], |row| counts(row, 0))
        .optional()
}

/// A batch's counts by queue, in the order of their names.
pub(super) fn stages(db: &Connection, id: &BatchId) -> rusqlite::Result<Vec<Stage>> {
    let sql = "SELECT queue, known, done, dead, skipped FROM batches WHERE name = ?1";
    let all = db
        .prepare_cached(sql)?
        .query_row([id.as_str()], |row| Ok((name(row, 0)?, counts(row, 1)?)))
        .optional()?;
    let Some((pushed_to, all)) = all else { return Ok(Vec::new()) };
    let sql = "SELECT queues.name, known, done, dead, skipped
               FROM stages JOIN queues ON queues.id = stages.queue WHERE stages.batch = ?1";
    let stage = |row: &Row<'_>| Ok(Stage { queue: name(row, 0)?, tally: counts(row, 1)? });
    let counted =
        db.prepare_cached(sql)?.query_map([id.as_str()], stage)?.collect::<rusqlite::Result<_>>()?;
    Ok(stages::stages(all, &pushed_to, counted))
}

fn counts(row: &Row<'_>, from: usize) -> rusqlite::Result<Tally> {
    let number = |at: usize| row.get(from + at).map(read);
    Ok(Tally { known: number(0)?, done: number(1)?, dead: number(2)?, skipped: number(3)? })
}

/// Counts tasks that go back to a queue: each is one less dead in its batch, which is open again. A batch nobody opened
/// isn't counted.
pub(super) fn reopen(db: &Connection, queue: QueueId, back: &[BatchId]) -> rusqlite::Result<()> {
    let mut open = db.prepare_cached(
        "UPDATE batches SET finished_at = NULL, told = 0, held_until = NULL WHERE name = ?1",
    )?;
    back.iter().try_for_each(|batch| {
        add(db, batch, queue, Counts { dead: -1, ..Counts::default() })?;
        open.execute([batch.as_str()]).map(drop)
    })
}

/// What a batch's counts change by.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) known: i64,
    pub(super) done: i64,
    pub(super) dead: i64,
    pub(super) skipped: i64,
}

/// Changes a batch's counts and those of one of its queues. False, and nothing is changed, if there is no such batch.
pub(super) fn add(db: &Connection, id: &BatchId, queue: QueueId, by: Counts) -> rusqlite::Result<bool> {
    let mut whole = db.prepare_cached(
        "UPDATE batches SET known = known + ?2, done = done + ?3, dead = max(dead + ?4, 0), skipped = skipped + ?5
         WHERE name = ?1",
    )?;
    if whole.execute(params![id.as_str(), by.known, by.done, by.dead, by.skipped])? == 0 {
        return Ok(false);
    }
    let mut part = db.prepare_cached(
        "INSERT INTO stages (batch, queue, known, done, dead, skipped) VALUES (?1, ?2, ?3, ?4, max(?5, 0), ?6)
         ON CONFLICT (batch, queue) DO UPDATE
         SET known = known + ?3, done = done + ?4, dead = max(dead + ?5, 0), skipped = skipped + ?6",
    )?;
    part.execute(params![id.as_str(), queue.0, by.known, by.done, by.dead, by.skipped])?;
    Ok(true)
}

/// Ends to be counted. Collected first, so that a batch is written once a queue for all of them.
#[derive(Default)]
pub(super) struct Ended<'a> {
    counts: BTreeMap<(&'a BatchId, &'a QueueName), Counts>,
}

impl<'a> Ended<'a> {
    /// What is counted of a batch in a queue.
    pub(super) fn of(&mut self, batch: &'a BatchId, queue: &'a QueueName) -> &mut Counts {
        self.counts.entry((batch, queue)).or_default()
    }

    /// Raises the batches' counts, and notes those that end with it. A batch nobody opened isn't counted.
    pub(super) fn save(&self, db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        for ((batch, queue), counts) in &self.counts {
            add(db, batch, queue::find_or_make(db, queue)?, *counts)?;
        }
        // All of it first: what one queue has lost may be on its way in another.
        let mut batches: Vec<&BatchId> = self.counts.keys().map(|(batch, _)| *batch).collect();
        batches.dedup();
        batches.into_iter().try_for_each(|batch| completion::note(db, batch, now))
    }
}
