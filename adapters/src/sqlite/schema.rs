//! The tables, and how a file is opened.

use std::path::Path;
use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use super::fault::Failure;

/// The layout written by this program. A file with a higher number is refused, one with a lower number is changed.
pub(super) const VERSION: i64 = 6;

/// "jobq" in ASCII: tells our files from other programs' SQLite files.
pub(super) const APPLICATION: i64 = 0x6a6f_6271;

/// After how many pages of 4 KiB the log is written into the file: every 32 MiB, for each time flushes both.
pub(super) const CHECKPOINT_PAGES: u32 = 8_000;

/// How long a transaction waits for other processes' transactions, which take milliseconds.
const BUSY: Duration = Duration::from_secs(10);

/// How often opening waits for others who are making the same file at the same time.
const TRIES: u32 = 20;

/// `state` is 0 for ready, 1 for in flight, 2 for delayed. The partial indexes name these numbers, so that a
/// receive looks at ready messages alone, however many are hidden; statements must repeat their conditions.
///
/// `visible_at` is the instant until which a message is hidden, or since when it is ready. `token` changes
/// with every receive and every end, so that only the latest delivery's receipt fits; `receives` doesn't
/// change on release. The body comes last, for SQLite reads columns from the left.
///
/// Message ids are handed out by `next_message`: taken from the table they could be used again after a
/// delete, and an old receipt would fit a new message.
const TABLES: &str = "
    CREATE TABLE queues (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        virtual_time INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE batches (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        queue TEXT NOT NULL,
        source TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        lines INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0,
        complete INTEGER NOT NULL DEFAULT 0,
        known INTEGER NOT NULL DEFAULT 0,
        done INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE flows (
        id INTEGER PRIMARY KEY,
        queue INTEGER NOT NULL,
        batch TEXT NOT NULL,
        lane INTEGER NOT NULL,
        turn INTEGER NOT NULL DEFAULT 0,
        UNIQUE (queue, batch, lane)
    );
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        queue INTEGER NOT NULL,
        flow INTEGER NOT NULL,
        state INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        visible_at INTEGER NOT NULL,
        token INTEGER NOT NULL,
        receives INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX ready_messages ON messages (queue, turn) WHERE state = 0;
    CREATE INDEX hidden_messages ON messages (queue, state, visible_at) WHERE state > 0;
    CREATE TABLE next_message (id INTEGER NOT NULL);
    INSERT INTO next_message VALUES (1);
    CREATE TABLE letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue INTEGER NOT NULL,
        task TEXT,
        body BLOB NOT NULL
    );
    CREATE INDEX letters_by_queue ON letters (queue);
    CREATE INDEX letters_by_task ON letters (task);
    CREATE TABLE limits (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        document TEXT NOT NULL
    );
";

/// What makes a file of each layout one of the next, the first layout's first. [`TABLES`] is the first; a new file goes
/// through all of them, so that there is one way to every table.
///
/// A batch has `finished_at` while nothing of it is open, and is not `told` until somebody was; who is telling holds it
/// until `held_until`. `unfollowed` is why no task goes on from its end though one should.
///
/// `minutes` counts what came and ended, by the minute of the clock; `since` is when the first of it was counted.
/// `stages` are the counts of a batch by queue, as far as programs of this layout have counted.
/// `singles` are the likenesses of what was sent, as far as somebody asked for that, each until it may be sent again.
const CHANGES: [&str; 5] = [
    "
    CREATE TABLE minutes (
        queue INTEGER NOT NULL,
        what INTEGER NOT NULL,
        minute INTEGER NOT NULL,
        since INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (queue, what, minute)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE batches ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batches ADD COLUMN canceled_at INTEGER;
    ALTER TABLE batches ADD COLUMN finished_at INTEGER;
    ALTER TABLE batches ADD COLUMN times_finished INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batches ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE batches ADD COLUMN held_until INTEGER;
    CREATE INDEX untold_batches ON batches (finished_at) WHERE finished_at IS NOT NULL AND told = 0;
",
    "
    CREATE TABLE singles (
        queue INTEGER NOT NULL,
        likeness BLOB NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (queue, likeness)
    ) WITHOUT ROWID;
    CREATE INDEX singles_by_end ON singles (until);
",
    "
    ALTER TABLE batches ADD COLUMN unfollowed TEXT;
",
    "
    CREATE TABLE stages (
        batch TEXT NOT NULL,
        queue INTEGER NOT NULL,
        known INTEGER NOT NULL,
        done INTEGER NOT NULL,
        dead INTEGER NOT NULL,
        skipped INTEGER NOT NULL,
        PRIMARY KEY (batch, queue)
    ) WITHOUT ROWID;
",
];

/// Opens the file, or makes it. Others may do the same at the same time.
pub(super) fn open(path: &Path) -> Result<Connection, Fault> {
    let failed = |error: rusqlite::Error| Failure::from(error).fault(opening(path));
    let db = connect(path).map_err(failed)?;
    if db.is_readonly(MAIN_DB).map_err(failed)? {
        let cause = "it is read-only: it and its folder must be writable for this user";
        return Err(Fault::new(FaultKind::Lasting, opening(path)).caused_by(cause));
    }
    refuse_foreign(&db, path)?;
    write_ahead(&db).map_err(failed)?;
    make_tables(&db).map_err(failed)?;
    // Somebody else may have made the tables since, and with another version.
    refuse_foreign(&db, path)?;
    Ok(db)
}

fn opening(path: &Path) -> String {
    format!("open the store {}", path.display())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without URI: a path that begins with "file:" is a path.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    // Otherwise SQLite plans a statement anew whenever another LIMIT is bound: a seventh of all CPU time.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // FULL: a commit is on disk before anybody is told.
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA cache_size = -16000;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(db)
}

fn refuse_foreign(db: &Connection, path: &Path) -> Result<(), Fault> {
    let refuse = |cause: String| Err(Fault::new(FaultKind::Lasting, opening(path)).caused_by(cause));
    let found = stamp(db).map_err(|error| Failure::from(error).fault(opening(path)))?;
    match found {
        Stamp { application: 0, tables: 0, .. } => Ok(()),
        Stamp { application: APPLICATION, version: 0..=VERSION, .. } => Ok(()),
        Stamp { application: APPLICATION, version, .. } => refuse(format!(
            "a newer jobq wrote it (layout {version}, this program knows {VERSION}): upgrade jobq"
        )),
        _ => refuse("it is another program's SQLite file: give jobq a path of its own".to_owned()),
    }
}

/// Switches to write-ahead logging, for good. SQLite doesn't wait for a lock here as it does elsewhere, for
/// fear of deadlocks; so we wait in a place where it does, and try again.
fn write_ahead(db: &Connection) -> rusqlite::Result<()> {
    let switch = || db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
    let mut switched = switch();
    for _ in 1..TRIES {
        match switched {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                db.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
            }
            other => return other.map(drop),
        }
        switched = switch();
    }
    switched.map(drop)
}

/// Makes the tables, or changes those of an older layout. Programs of that layout that have the file open go on with it:
/// nothing they know is taken away.
fn make_tables(db: &Connection) -> rusqlite::Result<()> {
    let found = stamp(db)?;
    if found.tables > 0 && found.version >= VERSION {
        return Ok(());
    }
    let made = db.execute_batch("BEGIN IMMEDIATE").and_then(|()| {
        // Asked again under the lock: whoever came first makes them.
        let found = stamp(db)?;
        if found.tables == 0 {
            db.execute_batch(TABLES)?;
            db.pragma_update(None, "application_id", APPLICATION)?;
        }
        let layout = if found.tables == 0 { 1 } else { found.version };
        for change in CHANGES.iter().skip(usize::try_from(layout - 1).unwrap_or(0)) {
            db.execute_batch(change)?;
        }
        db.pragma_update(None, "user_version", VERSION.max(layout))?;
        db.execute_batch("COMMIT")
    });
    if !db.is_autocommit() {
        db.execute_batch("ROLLBACK")?;
    }
    made
}

/// What a file says it is.
pub(super) struct Stamp {
    pub(super) application: i64,
    pub(super) version: i64,
    pub(super) tables: i64,
}

/// Read in one statement, so that it is one moment's truth while others make the file.
pub(super) fn stamp(db: &Connection) -> rusqlite::Result<Stamp> {
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
               FROM pragma_application_id, pragma_user_version";
    db.query_row(sql, [], |row| {
        Ok(Stamp { application: row.get(0)?, version: row.get(1)?, tables: row.get(2)? })
    })
}
