//! A thread with a connection of its own. Everything that waits for it goes into one transaction.
//!
//! A commit costs a flush to disk, whatever is in it. So the thread takes all the work that has come in while
//! it was busy, runs it in one transaction and answers when that is durable. Work that fails must not spoil
//! the rest of its group; failing is rare, so there is no savepoint around each: the group is rolled back and
//! everything in it is done again, one by one.

use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::Failure;

/// How much goes into one transaction at most, so that the first to come isn't kept waiting by the others.
const GROUP: usize = 256;

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
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Does `work` within a transaction and answers once that is committed. `work` may be called more than
    /// once, each time on what the database was before. Dropping the future doesn't stop it.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            work,
            result: None,
            reply,
        };
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
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(GROUP - 1));
        match transact(db, access, &mut group) {
            Ok(()) => group.into_iter().for_each(|job| job.succeed()),
            Err(Broken::Before(failure)) => group.into_iter().for_each(|job| job.fail(failure.clone())),
            Err(Broken::Within(failure)) => one_by_one(db, access, group, failure),
        }
    }
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
    db.execute_batch(begin)
        .map_err(|error| Broken::Before(error.into()))?;
    let done = group
        .iter_mut()
        .try_for_each(|job| job.run(db))
        .and_then(|()| db.execute_batch("COMMIT"));
    // A full disk ends the transaction by itself, most other failures don't.
    if done.is_err() && !db.is_autocommit() {
        // Should this fail as well, the next BEGIN says so.
        let _ = db.execute_batch("ROLLBACK");
    }
    done.map_err(|error| Broken::Within(error.into()))
}
