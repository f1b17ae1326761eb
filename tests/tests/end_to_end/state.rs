//! What lies in a state folder, read past the program.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// The store's file, for reading alone.
pub(crate) struct State {
    db: Connection,
}

impl State {
    /// The state in `folder`/.jobq, if it was made already.
    pub(crate) fn in_folder(folder: &Path) -> Option<Self> {
        let file = folder.join(".jobq/jobq.db");
        let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        Some(Self { db })
    }

    /// How many tasks all batches know; nothing until the tables are made.
    pub(crate) fn known(&self) -> usize {
        self.number("SELECT coalesce(sum(known), 0) FROM batches").unwrap_or(0)
    }

    /// How many batches there are.
    pub(crate) fn batches(&self) -> usize {
        self.number("SELECT count(*) FROM batches").unwrap()
    }

    /// The ids of all tasks that have not ended, as often as they are there.
    pub(crate) fn open_ids(&self) -> Vec<String> {
        self.texts("SELECT body ->> 'id' FROM (SELECT CAST(body AS TEXT) AS body FROM messages)")
    }

    /// The paths of all tasks that have not ended.
    pub(crate) fn open_paths(&self) -> HashSet<String> {
        let sql = "SELECT body ->> '$.req.u' FROM (SELECT CAST(body AS TEXT) AS body FROM messages)";
        self.texts(sql).iter().map(|url| path(url)).collect()
    }

    fn number(&self, sql: &str) -> rusqlite::Result<usize> {
        let number: i64 = self.db.query_row(sql, [], |row| row.get(0))?;
        Ok(number.try_into().unwrap())
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

/// The path of a url of ours.
pub(crate) fn path(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}
