//! What a suite is run against, and the few words its cases are written in.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jobq_core::batch::{Mark, Member, NewBatch, Stage, Tally};
use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::intake::Intake;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::morgue::{Found, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Parcel, Settled, Settlement};
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;

use crate::hand_clock::HandClock;

/// How long a receive hides what it finds where time is moved by hand, unless a case is about that.
pub const VISIBILITY: Duration = Duration::from_secs(30);

/// The same where time is real: in whole seconds, as SQS counts, and as few as a busy machine can keep apart.
const REAL_VISIBILITY: Duration = Duration::from_secs(3);

/// How long it may take at most until what must happen has happened, where time is real.
const PATIENCE: Duration = Duration::from_secs(20);

/// A fresh, empty store.
pub struct Subject<S> {
    /// How its time passes.
    pub time: Time,
    /// How many tasks, letters and writers make a crowd for it.
    pub crowd: usize,
    open: Box<dyn Fn() -> S + Send + Sync>,
}

/// How a store's time passes. It tells how exact the store is, too: what moves by hand is one file on this machine,
/// what doesn't is a service somewhere else.
#[derive(Clone)]
pub enum Time {
    /// By hand, and the store keeps more than the ports demand: tasks come in the order they were sent, all that are
    /// there and each once; a late receipt counts; what was just done is counted.
    Hand(HandClock),
    /// By itself, since then, and the store keeps what the ports demand.
    Real(Instant),
}

impl<S> Subject<S> {
    /// A store that `open` opens; it may be opened several times, each time as another process would.
    pub fn new(open: impl Fn(HandClock) -> S + Send + Sync + 'static) -> Self {
        let clock = HandClock::new(Timestamp::from_secs(1_700_000_000));
        let time = Time::Hand(clock.clone());
        Self { time, crowd: 600, open: Box::new(move || open(clock.clone())) }
    }

    /// A store on a server, whose time is real and which takes a crowd of this size in a few seconds.
    #[allow(clippy::disallowed_methods, reason = "the server's time can't be moved")]
    pub fn on_server(crowd: usize, open: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Self { time: Time::Real(Instant::now()), crowd, open: Box::new(open) }
    }

    /// A handle that shares nothing with others but what is stored.
    pub fn open(&self) -> S {
        (self.open)()
    }

    /// Whether the store keeps more than the ports demand; see [`Time::Hand`].
    pub fn is_exact(&self) -> bool {
        matches!(self.time, Time::Hand(_))
    }

    /// How long a receive hides what it finds.
    pub fn visibility(&self) -> Duration {
        if self.is_exact() { VISIBILITY } else { REAL_VISIBILITY }
    }

    /// How far before an instant and after it a case looks whether it makes a difference.
    pub fn moment(&self) -> Duration {
        if self.is_exact() { Duration::from_millis(1) } else { REAL_VISIBILITY / 3 }
    }

    /// The time by which cases measure.
    pub fn now(&self) -> Duration {
        match &self.time {
            Time::Hand(clock) => jobq_core::ports::clock::Clock::uptime(clock),
            Time::Real(begun) => begun.elapsed(),
        }
    }

    /// Lets time pass until `instant`, by [`Subject::now`]; none if that was before.
    pub async fn until(&self, instant: Duration) {
        let length = instant.saturating_sub(self.now());
        match &self.time {
            Time::Hand(clock) => clock.advance(length),
            Time::Real(_) => pause(length).await,
        }
    }

    /// Receives what is there now.
    pub async fn take<T: Inbox>(&self, store: &T, max: usize) -> Vec<Delivery> {
        store.receive(&normal(store), max, self.visibility(), Duration::ZERO).await.unwrap()
    }

    /// Receives so many tasks that are there, or will be in a moment: at once from an exact store, else by as many
    /// receives as it takes.
    ///
    /// # Panics
    /// If they don't come.
    pub async fn gather<T: Inbox>(&self, store: &T, count: usize) -> Vec<Delivery> {
        let mut found = self.take(store, count).await;
        let deadline = self.now() + PATIENCE;
        while !self.is_exact() && found.len() < count && self.now() < deadline {
            let wait = Duration::from_secs(1);
            let more = store.receive(&normal(store), count - found.len(), self.visibility(), wait).await;
            found.extend(more.unwrap());
        }
        assert_eq!(found.len(), count, "{:?}", bodies(&found));
        found
    }

    /// Receives the one task that must be there.
    pub async fn gather_one<T: Inbox>(&self, store: &T) -> Delivery {
        self.gather(store, 1).await.remove(0)
    }

    /// Asks until the answer is `expected`: at once of an exact store, else as long as a server may lag behind.
    ///
    /// # Panics
    /// If it isn't in time.
    pub async fn settles_at<T, F>(&self, expected: T, ask: impl Fn() -> F)
    where
        T: PartialEq + std::fmt::Debug,
        F: Future<Output = T>,
    {
        let deadline = self.now() + PATIENCE;
        let mut told = ask().await;
        while !self.is_exact() && told != expected && self.now() < deadline {
            pause(Duration::from_millis(200)).await;
            told = ask().await;
        }
        assert_eq!(told, expected);
    }

    /// Bodies in an order that can be compared: as they came from an exact store, else sorted.
    pub fn comparable(&self, deliveries: &[Delivery]) -> Vec<String> {
        let mut bodies = bodies(deliveries);
        if !self.is_exact() {
            bodies.sort();
        }
        bodies
    }
}

#[allow(clippy::disallowed_methods, reason = "the server's time can't be moved")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

/// The queue most cases use.
pub fn troops() -> QueueName {
    "troops".parse().unwrap()
}

/// Where the tasks of `troops` that nobody gave a priority are received from.
///
/// # Panics
/// If there is no such intake.
pub fn normal<S: Inbox>(store: &S) -> Intake {
    normal_of(store, &troops())
}

/// The same for another queue.
///
/// # Panics
/// If there is no such intake.
pub fn normal_of<S: Inbox>(store: &S, queue: &QueueName) -> Intake {
    let is_normal = |intake: &Intake| intake.lane.is_none_or(|lane| lane == Priority::Normal);
    store.intakes(queue).into_iter().find(is_normal).expect("an intake")
}

/// A queue that has batches, and tasks at most that others made.
pub fn warriors() -> QueueName {
    "warriors".parse().unwrap()
}

/// A queue that nobody has made or used.
pub fn nobodys() -> QueueName {
    "nobodys".parse().unwrap()
}

/// A batch's id.
pub fn batch(id: &str) -> BatchId {
    id.parse().unwrap()
}

/// A batch of the queue `troops`, as a push opens it.
pub fn new_batch(id: &str) -> NewBatch {
    NewBatch {
        id: batch(id),
        queue: troops(),
        source: "file one".to_owned(),
        created_at: Timestamp::from_secs(1_700_000_000),
    }
}

/// A parcel with this body.
pub fn parcel(id: &str, body: &str) -> Parcel {
    Parcel { body: body.as_bytes().to_vec(), batch: batch(id), priority: Priority::Normal }
}

/// Opens a batch and sends it `bodies`.
pub async fn push<S: Outbox>(store: &S, id: &str, bodies: &[&str]) {
    push_delayed(store, id, bodies, Duration::ZERO).await;
}

/// Opens a batch and sends it `bodies`, all with a delay.
pub async fn push_delayed<S: Outbox>(store: &S, id: &str, bodies: &[&str], delay: Duration) {
    let parcels = bodies.iter().map(|body| (parcel(id, body), delay)).collect();
    send(store, id, parcels).await;
}

/// Opens a batch and sends it parcels.
pub async fn send<S: Outbox>(store: &S, id: &str, parcels: Vec<(Parcel, Duration)>) {
    store.open(&new_batch(id)).await.unwrap();
    store.send(&troops(), &batch(id), parcels, Mark::default()).await.unwrap();
}

/// Receives what an exact store has now.
pub async fn take<S: Inbox>(store: &S, max: usize) -> Vec<Delivery> {
    store.receive(&normal(store), max, VISIBILITY, Duration::ZERO).await.unwrap()
}

/// Receives the one task that an exact store must have now.
pub async fn take_one<S: Inbox>(store: &S) -> Delivery {
    let mut found = take(store, 1).await;
    found.pop().expect("a task is waiting")
}

/// Everything a round shows, sorted; the round is closed.
///
/// # Panics
/// If the store fails.
pub async fn letters<S: Morgue>(store: &S, queue: &QueueName) -> Vec<Vec<u8>> {
    let mut round = store.round(queue);
    let mut bodies: Vec<Vec<u8>> =
        all_letters(&mut round).await.into_iter().map(|found| found.body).collect();
    round.close().await.unwrap();
    bodies.sort();
    bodies
}

/// Everything that is left of a round, in the order it is shown.
///
/// # Panics
/// If the store fails.
pub async fn all_letters<R: Round>(round: &mut R) -> Vec<Found> {
    let mut found = Vec::new();
    loop {
        let more = round.next().await.unwrap();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Ends one delivery.
pub async fn settle<S: Inbox>(store: &S, receipt: &Receipt, end: End) -> Settled {
    let settlement = Settlement { queue: troops(), receipt: receipt.clone(), end };
    store.settle(&[settlement]).await.unwrap()[0]
}

/// The end of a task of batch `id` whose call ended well: of another task each time.
pub fn done(id: &str) -> End {
    End::Done { of: anybody(id), children: Vec::new() }
}

/// A task of batch `id`: another one each time.
pub fn anybody(id: &str) -> Member {
    static LAST: AtomicU64 = AtomicU64::new(0);
    member(id, &format!("task-{}", LAST.fetch_add(1, Ordering::Relaxed)))
}

/// The task `task` of batch `id`.
pub fn member(id: &str, task: &str) -> Member {
    Member { batch: batch(id), task: task.parse().unwrap() }
}

/// The bodies of deliveries, as text.
pub fn bodies(deliveries: &[Delivery]) -> Vec<String> {
    let text = |delivery: &Delivery| String::from_utf8(delivery.body.clone()).unwrap();
    deliveries.iter().map(text).collect()
}

/// A batch's counts, which are those of its queues together.
pub async fn counts<S: Ledger>(store: &S, id: &str) -> Option<Tally> {
    let tally = store.tally(&batch(id)).await.unwrap();
    let stages = store.stages(&batch(id)).await.unwrap();
    let sum = |count: fn(&Tally) -> u64| stages.iter().map(|stage| count(&stage.tally)).sum();
    let sums = Tally {
        known: sum(|tally| tally.known),
        done: sum(|tally| tally.done),
        dead: sum(|tally| tally.dead),
        skipped: sum(|tally| tally.skipped),
    };
    assert_eq!(sums, tally.unwrap_or_default(), "{stages:?}");
    tally
}

/// What a batch has in each queue: its name, and how many tasks are known, done, dead.
pub async fn stages<S: Ledger>(store: &S, id: &str) -> Vec<(String, u64, u64, u64)> {
    let stages = store.stages(&batch(id)).await.unwrap();
    let row = |Stage { queue, tally }: Stage| (queue.to_string(), tally.known, tally.done, tally.dead);
    stages.into_iter().map(row).collect()
}
