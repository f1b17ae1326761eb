//! Whether a store's file is well. Nothing is made, and no older layout is changed.

use std::path::Path;
use std::time::Duration;

use jobq_core::fault::Fault;
use jobq_core::ports::clock::Clock;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::Failure;
use super::schema::{APPLICATION, CHECKPOINT_PAGES, VERSION, stamp};

/// How many kinds of damage are told.
const TOLD: usize = 3;

/// How many steps SQLite takes between two looks at the clock.
const STEPS: i32 = 1_000;

/// The room that a checkpoint of the log may need, in bytes: the log grows as large as that, and then the file.
pub const CHECKPOINT_ROOM: u64 = 2 * CHECKPOINT_PAGES as u64 * 4_096;

/// The layout of the files that this program writes.
pub const LAYOUT: i64 = VERSION;

/// How a store's file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkup {
    /// It is a store.
    Whole {
        /// Its layout; at most [`LAYOUT`].
        layout: i64,
        /// How much of it was looked at.
        extent: Extent,
    },
    /// There is nothing in it yet.
    Empty,
    /// It is no SQLite file, or another program's.
    Foreign,
    /// A newer jobq wrote it.
    Newer {
        /// Its layout.
        layout: i64,
    },
    /// It is damaged; the first few things SQLite says of it.
    Damaged(Vec<String>),
}

/// How much of a file was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    All,
    /// As much as there was time for.
    Part,
}

/// The version of SQLite in this program: `3.50.4`.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Looks at the store in `path`, which there must be, for `patience` at most. Blocks for as long as that takes.
pub fn checkup<C>(path: &Path, clock: C, patience: Duration) -> Result<Checkup, Fault>
where
    C: Clock + Send + 'static,
{
    look(path, clock, patience).or_else(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Ok(Checkup::Foreign),
        Some(ErrorCode::DatabaseCorrupt) => Ok(Checkup::Damaged(vec![error.to_string()])),
        _ => Err(Failure::from(error).fault(format!("look into the store {}", path.display()))),
    })
}

fn look<C>(path: &Path, clock: C, patience: Duration) -> rusqlite::Result<Checkup>
where
    C: Clock + Send + 'static,
{
    // Writable, so that a log that somebody left is read like any other; what may not be written is only read.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(patience)?;
    let found = stamp(&db)?;
    let layout = found.version;
    match found.application {
        0 if found.tables == 0 => return Ok(Checkup::Empty),
        APPLICATION if layout > VERSION => return Ok(Checkup::Newer { layout }),
        APPLICATION => {}
        _ => return Ok(Checkup::Foreign),
    }
    let until = clock.uptime().saturating_add(patience);
    db.progress_handler(STEPS, Some(move || clock.uptime() >= until))?;
    match damage(&db) {
        Ok(damage) if damage.is_empty() => Ok(Checkup::Whole { layout, extent: Extent::All }),
        Ok(damage) => Ok(Checkup::Damaged(damage)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Ok(Checkup::Whole { layout, extent: Extent::Part })
        }
        Err(error) => Err(error),
    }
}

fn damage(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = db.prepare(&format!("PRAGMA quick_check({TOLD})"))?;
    let told: Vec<String> = check.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(told.into_iter().filter(|line| line != "ok").collect())
}

#[cfg(test)]
mod tests {
    //! Files in every state there is.

    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;
    use std::path::PathBuf;

    use super::*;
    use crate::clock::SystemClock;
    use crate::sqlite::schema;

    const PATIENCE: Duration = Duration::from_secs(30);

    struct Bench {
        folder: tempfile::TempDir,
    }

    impl Bench {
        /// A store with a few hundred pages in it, closed.
        fn new() -> Self {
            let own = Self { folder: tempfile::tempdir().unwrap() };
            let db = schema::open(&own.path()).unwrap();
            db.execute_batch(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                 INSERT INTO letters (queue, task, body) SELECT 1, i, randomblob(600) FROM n",
            )
            .unwrap();
            own
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("jobq.db")
        }

        /// Overwrites some of the file.
        fn write(&self, at: u64, bytes: &[u8]) -> &Self {
            File::options().write(true).open(self.path()).unwrap().write_all_at(bytes, at).unwrap();
            self
        }

        fn checkup(&self) -> Checkup {
            checkup(&self.path(), SystemClock::new(), PATIENCE).unwrap()
        }
    }

    /// A number as it stands in a file's header.
    fn header(number: i64) -> [u8; 4] {
        i32::try_from(number).unwrap().to_be_bytes()
    }

    #[test]
    fn a_whole_store_is_whole_and_is_not_changed() {
        let bench = Bench::new();
        let before = fs::read(bench.path()).unwrap();
        assert_eq!(bench.checkup(), Checkup::Whole { layout: LAYOUT, extent: Extent::All });
        // An older layout: where it says so, and nothing else.
        bench.write(60, &header(1));
        assert_eq!(bench.checkup(), Checkup::Whole { layout: 1, extent: Extent::All });
        bench.write(60, &header(LAYOUT));
        assert!(fs::read(bench.path()).unwrap() == before, "looking has changed it");
        let out_of_time = checkup(&bench.path(), SystemClock::new(), Duration::ZERO).unwrap();
        assert_eq!(out_of_time, Checkup::Whole { layout: LAYOUT, extent: Extent::Part });
    }

    #[test]
    fn another_programs_file_a_newer_one_and_none_at_all() {
        let newer = header(LAYOUT + 7);
        assert_eq!(Bench::new().write(60, &newer).checkup(), Checkup::Newer { layout: LAYOUT + 7 });
        assert_eq!(Bench::new().write(68, b"nope").checkup(), Checkup::Foreign);
        assert_eq!(Bench::new().write(0, b"a diary, and private").checkup(), Checkup::Foreign);
        let bench = Bench::new();
        fs::write(bench.path(), "").unwrap();
        assert_eq!(bench.checkup(), Checkup::Empty);
        fs::remove_file(bench.path()).unwrap();
        assert!(checkup(&bench.path(), SystemClock::new(), PATIENCE).is_err());
        assert!(!bench.path().exists(), "looking has made it");
    }

    #[test]
    fn damage_is_found() {
        for at in [4_096 * 3, 4_096 * 60] {
            let bench = Bench::new();
            let found = bench.write(at, &[0x5a; 4_096]).checkup();
            let Checkup::Damaged(told) = found else { panic!("{found:?} after damage at {at}") };
            assert!((1..=TOLD).contains(&told.len()), "{told:?}");
        }
        let bench = Bench::new();
        File::options().write(true).open(bench.path()).unwrap().set_len(4_096 * 20).unwrap();
        assert!(matches!(bench.checkup(), Checkup::Damaged(_)));
    }
}
