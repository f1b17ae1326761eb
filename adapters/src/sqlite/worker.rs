//! A thread with a connection of its own. Everything that waits for it goes into one transaction.
//!
//! A commit costs a flush to disk, whatever is in it. So the thread takes all the work that has come in while
//! it was busy, runs it in one transaction and answers when that is durable. Work that fails must not spoil
//! the rest of its group; failing is rare, so there is no savepoint around each: the group is rolled back and
//! everything in it is done again, one by one.

use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::Failure;

/// How much goes into one transaction at most, so that the first to come isn't kept waiting by the others.
const GROUP: usize = 256;

/// How long the others of a group are waited for: less than a flush takes.
const PATIENCE: Duration = Duration::from_micros(100);

/// What a worker's transactions are for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    /// Takes the write lock at the beginning: a transaction that takes it later may find that it read what
    /// is no longer so, and fail.
    Write,
    /// Reads one moment's truth, and waits for nobody.
    Read,
}

/// The handle on such a thread. Dropping it lets the thread finish its work and waits for that.
pub(super) struct Worker {
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a thread that owns `db`.
    pub(super) fn start(db: Connection, access: Access) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel();
        let thread = Builder::new()
            .name(format!("jobq-{access:?}").to_lowercase())
            .spawn(move || serve(&db, access, &jobs))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Does `work` within a transaction and answers once that is committed. `work` may be called more than
    /// once, each time on what the database was before. Dropping the future doesn't stop it.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let pending = Pending { work, result: None, reply };
        if let Some(queue) = &self.queue {
            // If the thread is gone, the job is dropped, and its reply with it.
            let _ = queue.send(Box::new(pending));
        }
        answer.await.unwrap_or_else(|_| Err(Failure::gone()))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // In this order: the thread ends when nobody can send to it any more.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported by the thread itself, and to everybody who waited for it.
            let _ = thread.join();
        }
    }
}

/// Work whose result has any type.
trait Job: Send {
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()>;
    fn succeed(self: Box<Self>);
    fn fail(self: Box<Self>, failure: Failure);
}

struct Pending<T, W> {
    work: W,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl<T, W> Job for Pending<T, W>
where
    T: Send,
    W: FnMut(&Connection) -> rusqlite::Result<T> + Send,
{
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.result = Some((self.work)(db)?);
        Ok(())
    }

    fn succeed(self: Box<Self>) {
        if let Some(result) = self.result {
            // Nobody waits any more: what was done stays done.
            let _ = self.reply.send(Ok(result));
        }
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.reply.send(Err(failure));
    }
}

fn serve(db: &Connection, access: Access, jobs: &mpsc::Receiver<Box<dyn Job>>) {
    let mut expected = 1;
    while let Ok(first) = jobs.recv() {
        let mut group = gather(first, jobs, expected);
        expected = group.len();
        match transact(db, access, &mut group) {
            Ok(()) => group.into_iter().for_each(|job| job.succeed()),
            Err(Broken::Before(failure)) => group.into_iter().for_each(|job| job.fail(failure.clone())),
            Err(Broken::Within(failure)) => one_by_one(db, access, group, failure),
        }
    }
}

/// Takes what has come in. Those who were answered a moment ago are about to come again, all at once: waits
/// for as many as last time, as long as they come quickly, or the first of them would go alone.
fn gather(first: Box<dyn Job>, jobs: &mpsc::Receiver<Box<dyn Job>>, expected: usize) -> Vec<Box<dyn Job>> {
    let mut group = vec![first];
    group.extend(jobs.try_iter().take(GROUP - 1));
    while group.len() < expected
        && let Ok(job) = jobs.recv_timeout(PATIENCE)
    {
        group.push(job);
    }
    group
}

fn one_by_one(db: &Connection, access: Access, group: Vec<Box<dyn Job>>, failure: Failure) {
    if group.len() == 1 {
        return group.into_iter().for_each(|job| job.fail(failure.clone()));
    }
    for mut job in group {
        match transact(db, access, std::slice::from_mut(&mut job)) {
            Ok(()) => job.succeed(),
            Err(Broken::Before(failure) | Broken::Within(failure)) => job.fail(failure),
        }
    }
}

/// Why a transaction didn't come about.
enum Broken {
    /// It couldn't begin, and wouldn't for any smaller group.
    Before(Failure),
    /// Something in it failed, or the commit.
    Within(Failure),
}

fn transact(db: &Connection, access: Access, group: &mut [Box<dyn Job>]) -> Result<(), Broken> {
    let begin = match access {
        Access::Write => "BEGIN IMMEDIATE",
        Access::Read => "BEGIN",
    };
    execute(db, begin).map_err(|error| Broken::Before(error.into()))?;
    let done = group.iter_mut().try_for_each(|job| job.run(db)).and_then(|()| execute(db, "COMMIT"));
    // A full disk ends the transaction by itself, most other failures don't.
    if done.is_err() && !db.is_autocommit() {
        // Should this fail as well, the next BEGIN says so.
        let _ = execute(db, "ROLLBACK");
    }
    done.map_err(|error| Broken::Within(error.into()))
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    //! What becomes of a group when something in it fails.

    use jobq_core::fault::FaultKind;

    use super::*;
    use crate::sqlite::schema;

    struct Bench {
        worker: Worker,
        folder: tempfile::TempDir,
    }

    fn bench() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let db = schema::open(&folder.path().join("jobq.db")).unwrap();
        db.execute_batch("CREATE TABLE things (thing BLOB UNIQUE)").unwrap();
        let worker = Worker::start(db, Access::Write).unwrap();
        Bench { worker, folder }
    }

    impl Bench {
        async fn insert(&self, bytes: usize, first: u8) -> Result<(), FaultKind> {
            let mut thing = vec![0; bytes];
            thing[0] = first;
            let work =
                move |db: &Connection| db.execute("INSERT INTO things VALUES (?1)", [&thing]).map(drop);
            let done = self.worker.run(work).await;
            done.map_err(|failure| failure.fault("insert".to_owned()).kind())
        }

        async fn limit_pages(&self, more: i64) {
            let limited = self.worker.run(move |db| {
                let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
                db.query_row(&format!("PRAGMA max_page_count = {}", pages + more), [], |_| Ok(()))
            });
            limited.await.unwrap();
        }

        /// What others see.
        fn things(&self) -> i64 {
            let db = schema::open(&self.folder.path().join("jobq.db")).unwrap();
            db.query_row("SELECT count(*) FROM things", [], |row| row.get(0)).unwrap()
        }
    }

    #[tokio::test]
    async fn one_that_fails_spoils_no_other() {
        let bench = bench();
        let twice =
            futures::join!(bench.insert(9, 1), bench.insert(9, 2), bench.insert(9, 2), bench.insert(9, 3));
        assert_eq!(twice, (Ok(()), Ok(()), Err(FaultKind::Lasting), Ok(())));
        assert_eq!(bench.things(), 3);
    }

    #[tokio::test]
    async fn a_full_disk_passes_when_there_is_room_again() {
        let bench = bench();
        bench.limit_pages(4).await;
        let large = 1 << 20;
        let group = futures::join!(bench.insert(9, 1), bench.insert(large, 2), bench.insert(9, 3));
        assert_eq!(group, (Ok(()), Err(FaultKind::NoRoom), Ok(())));
        assert_eq!(bench.things(), 2);
        bench.limit_pages(10_000).await;
        assert_eq!(bench.insert(large, 2).await, Ok(()));
        assert_eq!(bench.things(), 3);
    }

    #[tokio::test]
    async fn what_was_begun_is_finished_before_the_handle_is_gone() {
        let Bench { worker, folder } = bench();
        let work = |db: &Connection| db.execute("INSERT INTO things VALUES (1)", []);
        // Polled once, so that it is sent, and given up.
        let _ = futures::poll!(Box::pin(worker.run(work)));
        drop(worker);
        let db = schema::open(&folder.path().join("jobq.db")).unwrap();
        let things: i64 = db.query_row("SELECT count(*) FROM things", [], |row| row.get(0)).unwrap();
        assert_eq!(things, 1);
    }
}
