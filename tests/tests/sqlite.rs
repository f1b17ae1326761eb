//! What the local backend alone must do: refuse files it can't use, and say what to do about it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure ends the test")]

use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use jobq_adapters::sqlite::checkup::LAYOUT;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::Mark;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::history::History;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled, Settlement};
use jobq_core::time::Timestamp;
use jobq_tests::contract::subject::{
    anybody, batch, done, new_batch, parcel, push, settle, stages, take_one, troops,
};
use jobq_tests::hand_clock::HandClock;

fn clock() -> HandClock {
    HandClock::new(Timestamp::from_secs(1_700_000_000))
}

fn open(path: &Path) -> Result<LocalStore<HandClock>, Fault> {
    LocalStore::open(path, clock())
}

/// Opening `path` must fail for good, with a message that names it and says `advice`.
fn check_refused(path: &Path, advice: &str) {
    let fault = open(path).err().expect("it must be refused");
    assert_eq!(fault.kind(), FaultKind::Lasting);
    let text = fault.chain();
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(text.contains(advice), "{text}");
}

#[test]
fn a_newer_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobq.db");
    drop(open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    check_refused(&path, "upgrade jobq");
}

#[test]
fn another_programs_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photos.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE photos (id)").unwrap();
    drop(db);
    check_refused(&path, "path of its own");
}

#[test]
fn garbage_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobq.db");
    std::fs::write(&path, "this is no database, and long enough to tell".repeat(50)).unwrap();
    check_refused(&path, "move it away");
}

#[test]
fn a_missing_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    check_refused(&folder.path().join("nowhere").join("jobq.db"), "folder must exist");
}

/// Nobody can make files there, not even root, as whom these tests may run.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_without_permission_is_refused() {
    check_refused(Path::new("/proc/jobq.db"), "writable");
}

#[test]
fn a_read_only_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobq.db");
    drop(open(&path).unwrap());
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let root_writes_anything = std::fs::OpenOptions::new().append(true).open(&path).is_ok();
    if !root_writes_anything {
        check_refused(&path, "writable");
    }
}

#[test]
fn many_may_make_the_same_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.db"));
        let start = Arc::new(Barrier::new(4));
        let opener = || {
            let (path, start) = (path.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                open(&path).map(drop)
            })
        };
        let openers: Vec<_> = (0..4).map(|_| opener()).collect();
        for opener in openers {
            opener.join().unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_send_without_a_batch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jobq.db")).unwrap();
    let (queue, unopened) = (troops(), batch("b"));
    let sent = store.send(&queue, &unopened, Vec::new(), Mark::default()).await;
    assert_eq!(sent.unwrap_err().kind(), FaultKind::Lasting);
}

#[tokio::test]
async fn the_overview_shows_queues_and_batches() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jobq.db")).unwrap();
    assert_eq!(store.queues().await.unwrap(), []);
    push(&store, "b", &["one"]).await;
    let end = End::Dead { letter: b"letter".to_vec(), of: Some(anybody("b")) };
    let receipt = take_one(&store).await.receipt;
    settle(&store, &receipt, end).await;

    assert_eq!(store.queues().await.unwrap(), [troops()]);
    let batches = store.batches().await.unwrap();
    assert_eq!(batches.len(), 1);
    assert_eq!(batches[0].id, batch("b"));
    assert_eq!(batches[0].created_at, new_batch("b").created_at);
    assert_eq!((batches[0].tally.known, batches[0].tally.dead), (1, 1));
}

#[tokio::test]
async fn p4_a_task_that_was_never_called_is_not_worn_out_by_being_handed_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jobq.db")).unwrap();
    push(&store, "b", &["one"]).await;
    for _ in 0..200 {
        let delivery = take_one(&store).await;
        assert_eq!(delivery.receives, 1);
        settle(&store, &delivery.receipt, End::Release).await;
    }
}

#[tokio::test]
async fn what_came_and_ended_is_counted_by_the_minute() {
    let folder = tempfile::tempdir().unwrap();
    let time = clock();
    let store = LocalStore::open(&folder.path().join("jobq.db"), time.clone()).unwrap();
    assert_eq!(store.lately(&troops()).await.unwrap().added.count, 0.0);
    push(&store, "b", &["one", "two", "three", "four"]).await;
    let retry = |task: &str| End::Retry { copy: parcel("b", task), delay: Duration::ZERO };
    let ends = [done("b"), End::Release, retry("again")];
    for end in ends {
        let receipt = take_one(&store).await.receipt;
        settle(&store, &receipt, end).await;
    }
    let letter = End::Dead { letter: b"no task of ours".to_vec(), of: None };
    let receipt = take_one(&store).await.receipt;
    settle(&store, &receipt, letter.clone()).await;
    // Too late: its delivery has ended.
    let stale = Settlement { queue: troops(), receipt, end: letter };
    assert_eq!(store.settle(&[stale]).await.unwrap(), [Settled::Stale]);

    let counts = || async {
        let lately = store.lately(&troops()).await.unwrap();
        (lately.added.count.round(), lately.settled.count.round())
    };
    assert_eq!(counts().await, (4.0, 2.0));
    time.advance(Duration::from_secs(59));
    push(&store, "c", &["five"]).await;
    assert_eq!(counts().await, (5.0, 2.0));
    time.advance(Duration::from_secs(101));
    assert_eq!(counts().await, (0.0, 0.0));
}

/// The local engine sizes its drainers by it.
#[tokio::test]
async fn the_past_is_told_in_whole_minutes_those_without_a_task_too() {
    let folder = tempfile::tempdir().unwrap();
    // Twenty seconds into a minute.
    let time = clock();
    let store = LocalStore::open(&folder.path().join("jobq.db"), time.clone()).unwrap();
    let past = || async { store.past(&troops(), Duration::from_secs(180)).await.unwrap() };
    assert_eq!(past().await, [], "nobody has used it yet");
    push(&store, "b", &["one", "two"]).await;
    let sent = || async { past().await.iter().map(|minute| minute.sent).collect::<Vec<_>>() };
    assert_eq!(sent().await, [Some(0.0); 3], "this minute isn't over");
    time.advance(Duration::from_secs(60));
    push(&store, "c", &["three"]).await;
    assert_eq!(sent().await, [Some(0.0), Some(0.0), Some(2.0)]);
    time.advance(Duration::from_secs(120));
    assert_eq!(sent().await, [Some(2.0), Some(1.0), Some(0.0)]);
    let first = past().await[0].at;
    assert_eq!(first, Timestamp::from_secs(1_700_000_000 - 20), "a minute begins on the minute");
}

/// A file as the first layout had it: made by taking away what has come since.
#[tokio::test]
async fn a_file_of_the_first_layout_is_changed_and_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobq.db");
    let store = open(&path).unwrap();
    push(&store, "b", &["one"]).await;
    drop(store);
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "DROP TABLE minutes; DROP TABLE singles; DROP TABLE stages; DROP INDEX untold_batches;
         ALTER TABLE batches DROP COLUMN skipped; ALTER TABLE batches DROP COLUMN canceled_at;
         ALTER TABLE batches DROP COLUMN finished_at; ALTER TABLE batches DROP COLUMN times_finished;
         ALTER TABLE batches DROP COLUMN told; ALTER TABLE batches DROP COLUMN held_until;
         ALTER TABLE batches DROP COLUMN unfollowed;
         PRAGMA user_version = 1",
    )
    .unwrap();
    drop(db);

    let store = open(&path).unwrap();
    assert_eq!(
        stages(&store, "b").await,
        [(troops().to_string(), 1, 0, 0)],
        "counted before there were stages"
    );
    settle(&store, &take_one(&store).await.receipt, done("b")).await;
    assert_eq!(stages(&store, "b").await, [(troops().to_string(), 1, 1, 0)]);
    assert_eq!(store.lately(&troops()).await.unwrap().settled.count, 1.0);
    let version = |db: rusqlite::Connection| {
        db.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(version(rusqlite::Connection::open(&path).unwrap()), LAYOUT);
}
