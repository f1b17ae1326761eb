//! Counts what happens in a drain, for progress and summaries.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::event::Event;
use jobq_core::name::QueueName;
use jobq_core::policy::calendar::book::Why;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::queue::Queue;

/// How many warnings wait to be shown at most; while nobody shows them the oldest go first.
const KEPT_WARNINGS: usize = 20;

/// A fault that lasts is told of this often.
const TOLD_AGAIN: Duration = Duration::from_secs(30);

/// Counts what happens in a drain.
#[derive(Debug)]
pub(crate) struct Meter {
    clock: SystemClock,
    /// The queues that are drained: tasks that grow elsewhere are others' work.
    queues: Vec<QueueName>,
    started: AtomicU64,
    ended: AtomicU64,
    grown: AtomicU64,
    done: AtomicU64,
    dead: AtomicU64,
    retried: AtomicU64,
    refused: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    waiting: Option<Why>,
    /// Tasks that are in the queues and can't be received now.
    awaited: u64,
    warnings: VecDeque<String>,
    /// The faults warned of, and when, so that their repeats are not told over and over.
    told: BTreeMap<String, Duration>,
    /// Whether a fault was told of since it was last said that it works again.
    failing: bool,
}

/// What a meter shows at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    /// Calls started.
    pub(crate) started: u64,
    /// Calls ended.
    pub(crate) ended: u64,
    /// Tasks that answers have made, in the queues that are drained.
    pub(crate) grown: u64,
    /// Tasks whose call ended well.
    pub(crate) done: u64,
    /// Tasks that died.
    pub(crate) dead: u64,
    /// Attempts that failed and will be repeated.
    pub(crate) retried: u64,
    /// Calls that the API refused because it was called too fast.
    pub(crate) refused: u64,
}

impl Meter {
    /// A meter of a drain of these queues that has counted nothing yet.
    pub(crate) fn new(clock: SystemClock, queues: &[Queue]) -> Self {
        let zero = AtomicU64::default;
        Self {
            clock,
            queues: queues.iter().map(|queue| queue.name.clone()).collect(),
            started: zero(),
            ended: zero(),
            grown: zero(),
            done: zero(),
            dead: zero(),
            retried: zero(),
            refused: zero(),
            notes: Mutex::default(),
        }
    }

    /// What was counted so far.
    pub(crate) fn read(&self) -> Counted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            started: read(&self.started),
            ended: read(&self.ended),
            grown: read(&self.grown),
            done: read(&self.done),
            dead: read(&self.dead),
            retried: read(&self.retried),
            refused: read(&self.refused),
        }
    }

    /// Why no call is started now, if there is a reason to tell.
    pub(crate) fn waiting(&self) -> Option<String> {
        let notes = self.notes();
        let awaited = (notes.awaited > 0).then(|| format!("{} delayed, or held by others", notes.awaited));
        notes.waiting.map(|why| why.as_str().to_owned()).or(awaited)
    }

    /// Takes the warnings that were not shown yet.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        self.notes().warnings.drain(..).collect()
    }

    /// An operation fails: the same fault is told once, until it has recovered.
    fn failing(&self, error: &str) {
        let now = self.clock.uptime();
        let mut notes = self.notes();
        notes.told.retain(|_, at| now.saturating_sub(*at) < TOLD_AGAIN);
        if !notes.told.contains_key(error) {
            notes.told.insert(error.to_owned(), now);
            notes.warn(format!("{error}; trying again"));
            notes.failing = true;
        }
    }

    fn recovered(&self) {
        let mut notes = self.notes();
        if std::mem::take(&mut notes.failing) {
            notes.warn("it works again".to_owned());
        }
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn warn(&mut self, text: String) {
        if self.warnings.len() >= KEPT_WARNINGS {
            self.warnings.pop_front();
        }
        self.warnings.push_back(text);
    }
}

impl Metrics for Meter {
    fn record(&self, event: &Event) {
        let add = |counter: &AtomicU64, count| {
            counter.fetch_add(count, Ordering::Relaxed);
        };
        let count = |counter: &AtomicU64| add(counter, 1);
        match event {
            Event::CallStarted(_) => count(&self.started),
            Event::CallEnded(_) => count(&self.ended),
            Event::TaskDone(_) => count(&self.done),
            Event::TasksGrown(grown) if self.queues.contains(&grown.into) => {
                add(&self.grown, u64::try_from(grown.count).unwrap_or(u64::MAX))
            }
            Event::TaskDied(_) => count(&self.dead),
            Event::TaskRetried(retried) if retried.spent => count(&self.retried),
            Event::LimitCooled(_) => count(&self.refused),
            Event::LeaseBooked(_) => self.notes().waiting = None,
            Event::LeaseDeferred(deferred) if !deferred.is_the_pace() => {
                self.notes().waiting = Some(deferred.why)
            }
            Event::TasksAwaited(awaited) => self.notes().awaited = awaited.count,
            Event::TasksReceived(_) => self.notes().awaited = 0,
            Event::OperationFailed(failed) => self.failing(&failed.error),
            Event::OperationRecovered(_) => self.recovered(),
            Event::LineRefused(_)
            | Event::TasksSent(_)
            | Event::BatchPushed(_)
            | Event::BatchFinished(_)
            | Event::BatchUnfollowed(_)
            | Event::DrainBegun(_)
            | Event::DrainEnded(_)
            | Event::LeaseDeferred(_)
            | Event::SlotsForfeited(_)
            | Event::TasksGrown(_)
            | Event::TaskRetried(_)
            | Event::TaskReleased(_)
            | Event::TaskSkipped(_)
            | Event::SettlementStale(_)
            | Event::DrainerWentAlone(_)
            | Event::DrainerRejoined(_) => {}
        }
    }
}
