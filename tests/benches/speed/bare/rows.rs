//! SQLite alone: the same bytes, as durably, into one table.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;

/// Rows in one transaction: enough that its flush to disk is spread thin.
const CHUNK: usize = 4_096;

/// Inserts the lines of `file` into a new `database`.
pub(super) fn insert(file: &Path, database: &Path) -> Result<()> {
    let mut db = Connection::open(database)?;
    db.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = full;
         CREATE TABLE tasks (id INTEGER PRIMARY KEY, body BLOB NOT NULL);",
    )?;
    let mut lines = BufReader::new(File::open(file)?);
    while insert_chunk(&mut db, &mut lines)? == CHUNK {}
    Ok(())
}

fn insert_chunk(db: &mut Connection, lines: &mut impl BufRead) -> Result<usize> {
    let transaction = db.transaction()?;
    let mut insert = transaction.prepare_cached("INSERT INTO tasks (body) VALUES (?1)")?;
    let (mut inserted, mut line) = (0, Vec::new());
    while inserted < CHUNK && lines.read_until(b'\n', &mut line)? > 0 {
        insert.execute([&line])?;
        line.clear();
        inserted += 1;
    }
    drop(insert);
    transaction.commit()?;
    Ok(inserted)
}

/// Counts the rows.
pub(super) fn count(database: &Path) -> Result<()> {
    let db = Connection::open(database)?;
    let rows: i64 = db.query_row("SELECT count(*) FROM tasks", [], |row| row.get(0))?;
    println!("{rows}");
    Ok(())
}
