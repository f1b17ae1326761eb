//! A drainer's events as CloudWatch metrics and log lines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jobq_core::event::Event;
use jobq_core::metric_names::{CALLS_STARTED, TASKS_DIED, TASKS_DONE, THROTTLED};
use jobq_core::name::{LimitName, StackName};
use jobq_core::policy::calendar::book::Why;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::time::Timestamp;
use serde_json::{Map, Value};

use super::emf::{self, Measure, Unit};
use super::repeats::Repeats;
use super::{Level, Line, Log};

/// How long is counted before it is written: CloudWatch keeps minutes.
const PERIOD: Duration = Duration::from_secs(60);

/// How much of a fault's text is told, in characters.
const TOLD_OF_A_FAULT: usize = 1_000;

/// Counts the events of one limit's drainer and writes them each minute; tells of what an operator should know.
///
/// One line a task would cost as much as the queue: tasks are only counted.
pub struct EmfMetrics<C> {
    stack: StackName,
    limit: LimitName,
    clock: C,
    log: Arc<Log>,
    minute: Mutex<Minute>,
}

/// What was counted since it was written last.
#[derive(Debug, Default)]
struct Minute {
    /// When it began, by wall time and by uptime; with its first event.
    begun: Option<(Timestamp, Duration)>,
    counts: Counts,
    repeats: Repeats,
}

#[derive(Debug, Default)]
struct Counts {
    started: u32,
    done: u32,
    died: u32,
    throttled: u32,
    retried: u32,
    released: u32,
    stale: u32,
    forfeited: u32,
}

impl<C: Clock> EmfMetrics<C> {
    /// Counts for a limit of a stack, written to `log`.
    pub fn new(stack: StackName, limit: LimitName, clock: C, log: Arc<Log>) -> Self {
        Self { stack, limit, clock, log, minute: Mutex::default() }
    }

    /// Writes what was counted and not written yet. To be called at a drainer's end.
    pub fn flush(&self) {
        let minute = &mut *self.minute();
        let Some((begun, _)) = minute.begun.take() else {
            return;
        };
        let counts = std::mem::take(&mut minute.counts);
        self.log.write(&emf::line(begun, &self.stack, &self.limit, &counts.measures(), counts.fields()));
        let now = self.clock.now();
        minute.repeats.take().iter().for_each(|line| self.tell(now, line));
    }

    /// Tells a line, unless it only repeats one.
    fn tell_once(&self, line: &Line) {
        let is_new = self.minute().repeats.is_new(line);
        if is_new {
            self.tell(self.clock.now(), line);
        }
    }

    fn tell(&self, at: Timestamp, line: &Line) {
        let mut line = line.clone();
        line.fields.insert("limit".to_owned(), self.limit.as_str().into());
        self.log.tell(at, &line);
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        self.minute.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a minute has gone by; begins one if there is none.
    fn is_over(&self) -> bool {
        let uptime = self.clock.uptime();
        let (_, begun) = *self.minute().begun.get_or_insert_with(|| (self.clock.now(), uptime));
        uptime.saturating_sub(begun) >= PERIOD
    }
}

impl<C: Clock> Metrics for EmfMetrics<C> {
    fn record(&self, event: &Event) {
        if self.is_over() {
            self.flush();
            // The event belongs to the next minute.
            self.is_over();
        }
        self.minute().counts.count(event);
        if let Some(line) = line(event) {
            self.tell_once(&line);
        }
    }
}

impl Counts {
    fn count(&mut self, event: &Event) {
        match event {
            Event::CallStarted { .. } => self.started += 1,
            Event::TaskDone { .. } => self.done += 1,
            Event::TaskDied { .. } => self.died += 1,
            Event::LimitCooled { .. } => self.throttled += 1,
            Event::TaskRetried { spent: true, .. } => self.retried += 1,
            Event::TaskReleased { .. } => self.released += 1,
            Event::SettlementStale { .. } => self.stale += 1,
            Event::SlotsForfeited { count, .. } => self.forfeited = self.forfeited.saturating_add(*count),
            _ => {}
        }
    }

    fn measures(&self) -> [Measure; 4] {
        let count = |name, count: u32| Measure { name, unit: Unit::Count, value: count.into() };
        [
            count(CALLS_STARTED, self.started),
            count(TASKS_DONE, self.done),
            count(TASKS_DIED, self.died),
            count(THROTTLED, self.throttled),
        ]
    }

    /// What is good to know and not worth a metric's price.
    fn fields(&self) -> Map<String, Value> {
        let fields = [
            ("retried", self.retried),
            ("released", self.released),
            ("stale", self.stale),
            ("forfeited", self.forfeited),
        ];
        fields.into_iter().map(|(key, count)| (key.to_owned(), count.into())).collect()
    }
}

/// What there is to tell of an event, if an operator should know of it.
fn line(event: &Event) -> Option<Line> {
    match event {
        Event::OperationFailed { error, .. } => {
            let error: String = error.chars().take(TOLD_OF_A_FAULT).collect();
            Some(Line::new(Level::Warn, "operation_failed", [("error", error.into())]))
        }
        Event::OperationRecovered => Some(Line::new(Level::Info, "operation_recovered", [])),
        Event::LimitCooled { status, .. } => {
            Some(Line::new(Level::Warn, "limit_cooled", [("status", (*status).into())]))
        }
        // Waiting for one's place in the pace is what a limit is for.
        Event::LeaseDeferred { why, .. } if !matches!(why, Why::Pace | Why::Permits) => {
            Some(Line::new(Level::Info, "lease_deferred", [("why", why.as_str().into())]))
        }
        Event::DrainerWentAlone { of, .. } => {
            Some(Line::new(Level::Warn, "drainer_went_alone", [("share_is_one_of", (*of).into())]))
        }
        Event::DrainerRejoined { .. } => Some(Line::new(Level::Info, "drainer_rejoined", [])),
        Event::TaskDied { queue, reason } => {
            let fields = [("queue", queue.as_str().into()), ("reason", reason.to_string().into())];
            Some(Line::new(Level::Warn, "task_died", fields))
        }
        _ => None,
    }
}
