//! Batches in the tables: their marks and their counts.

use jobq_core::batch::{Mark, NewBatch, Opened, Tally};
use jobq_core::name::BatchId;
use jobq_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::completion;
use super::number::{count, instant, read, stored};

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

/// Moves a batch's mark and counts what was sent with it. False if there is no such batch.
pub(super) fn advance(
    db: &Connection,
    id: &BatchId,
    sent: usize,
    mark: &Mark,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let sql =
        "UPDATE batches SET known = known + ?2, lines = ?3, refused = ?4, complete = ?5 WHERE name = ?1";
    let row = params![id.as_str(), count(sent), stored(mark.lines), stored(mark.refused), mark.complete];
    let is_there = db.prepare_cached(sql)?.execute(row)? > 0;
    completion::note(db, id, now)?;
    Ok(is_there)
}

/// A batch's counts.
pub(super) fn tally(db: &Connection, id: &BatchId) -> rusqlite::Result<Option<Tally>> {
    db.prepare_cached("SELECT known, done, dead, skipped FROM batches WHERE name = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(Tally {
                known: row.get(0).map(read)?,
                done: row.get(1).map(read)?,
                dead: row.get(2).map(read)?,
                skipped: row.get(3).map(read)?,
            })
        })
        .optional()
}

/// Counts tasks that go back to their queues: each is one less dead in its batch, which is open again. A batch nobody
/// opened isn't counted.
pub(super) fn reopen(db: &Connection, back: &[BatchId]) -> rusqlite::Result<()> {
    let mut update = db.prepare_cached(
        "UPDATE batches SET dead = max(dead - 1, 0), finished_at = NULL, told = 0, held_until = NULL WHERE name = ?1",
    )?;
    back.iter().try_for_each(|batch| update.execute([batch.as_str()]).map(drop))
}

/// Ends to be counted. Collected first, so that a batch is written once for all of them.
#[derive(Default)]
pub(super) struct Ended<'a> {
    batches: Vec<(&'a BatchId, Counts)>,
}

#[derive(Default)]
struct Counts {
    known: i64,
    done: i64,
    dead: i64,
    skipped: i64,
}

impl<'a> Ended<'a> {
    /// Counts tasks that one that ended well has made.
    pub(super) fn known(&mut self, batch: &'a BatchId, children: usize) {
        self.counts(batch).known += count(children);
    }

    /// Counts a task that ended well.
    pub(super) fn done(&mut self, batch: &'a BatchId) {
        self.counts(batch).done += 1;
    }

    /// Counts a task that is dead.
    pub(super) fn dead(&mut self, batch: &'a BatchId) {
        self.counts(batch).dead += 1;
    }

    /// Counts a task that won't be called.
    pub(super) fn skipped(&mut self, batch: &'a BatchId) {
        self.counts(batch).skipped += 1;
    }

    /// Raises the batches' counts, and notes those that end with it. A batch nobody opened isn't counted.
    pub(super) fn save(&self, db: &Connection, now: Timestamp) -> rusqlite::Result<()> {
        let mut update = db.prepare_cached(
            "UPDATE batches SET done = done + ?2, dead = dead + ?3, known = known + ?4, skipped = skipped + ?5
             WHERE name = ?1",
        )?;
        for (batch, counts) in &self.batches {
            update.execute(params![
                batch.as_str(),
                counts.done,
                counts.dead,
                counts.known,
                counts.skipped
            ])?;
            completion::note(db, batch, now)?;
        }
        Ok(())
    }

    fn counts(&mut self, batch: &'a BatchId) -> &mut Counts {
        let known = self.batches.iter().position(|(known, _)| *known == batch);
        let at = known.unwrap_or_else(|| {
            self.batches.push((batch, Counts::default()));
            self.batches.len() - 1
        });
        &mut self.batches[at].1
    }
}
