//! A drainer's events as CloudWatch metrics and log lines.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jobq_core::event::Event;
use jobq_core::event::metric::{Metric, OnCloudWatch};
use jobq_core::event::shown::{Shown, Unit};
use jobq_core::event::telling::{Amount, Level};
use jobq_core::name::{LimitName, StackName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::time::Timestamp;
use serde_json::{Map, Value};

use super::Log;
use super::emf;
use crate::log::Line;
use crate::log::repeats::Repeats;

/// How long is counted before it is written: CloudWatch keeps minutes.
const PERIOD: Duration = Duration::from_secs(60);

/// What is told. One line a task would cost as much as the queue: tasks and calls are only counted.
const QUIETEST: Level = Level::Info;

/// Counts the events of one limit's drainer and writes them each minute; tells of what an operator should know.
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

/// How many of each metric.
#[derive(Debug, Default)]
struct Counts([u32; Metric::ALL.len()]);

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
        self.log.write(&emf::line(begun, &self.stack, &self.limit, &counts.shown(), counts.fields()));
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
        let telling = event.telling();
        if telling.level() <= QUIETEST {
            self.tell_once(&Line::of(telling));
        }
    }
}

impl Counts {
    fn count(&mut self, event: &Event) {
        for measure in event.telling().counts().into_iter().flatten() {
            if let Amount::More(more) = measure.amount {
                let count = &mut self.0[measure.metric as usize];
                *count = count.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
            }
        }
    }

    fn of(&self, metric: Metric) -> u32 {
        self.0[metric as usize]
    }

    fn shown(&self) -> Vec<Shown> {
        let shown = |metric: Metric| match metric.on_cloud_watch() {
            OnCloudWatch::Metric(name) => {
                Some(Shown { name, unit: Unit::Count, value: self.of(metric).into() })
            }
            OnCloudWatch::Field(_) | OnCloudWatch::Nothing => None,
        };
        Metric::ALL.into_iter().filter_map(shown).collect()
    }

    /// What is good to know and not worth a metric's price.
    fn fields(&self) -> Map<String, Value> {
        let field = |metric: Metric| match metric.on_cloud_watch() {
            OnCloudWatch::Field(name) => Some((name.to_owned(), self.of(metric).into())),
            OnCloudWatch::Metric(_) | OnCloudWatch::Nothing => None,
        };
        Metric::ALL.into_iter().filter_map(field).collect()
    }
}
