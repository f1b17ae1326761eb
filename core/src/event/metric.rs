//! What is counted: every metric by events, with its names, and the gauges that are read when somebody looks.
//!
//! Labels are bounded: the queues a drainer serves, and closed lists of words.

use super::calls::StatusClass;
use crate::death::Reason;
use crate::metric_names::{CALLS_STARTED, TASKS_DIED, TASKS_DONE, THROTTLED};
use crate::policy::calendar::book::Why;

/// Upper ends of the buckets of a call's duration, in seconds: from an API next door to a time-out.
const DURATIONS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// What events count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the description of each one is its documentation")]
pub enum Metric {
    CallsStarted,
    CallsEnded,
    CallDuration,
    TasksReceived,
    TasksDone,
    TasksGrown,
    TasksRetried,
    TasksPostponed,
    TasksDied,
    TasksReleased,
    TasksSkipped,
    SettlementsStale,
    AnswersThrottled,
    SlotsBooked,
    SlotsForfeited,
    LeasesDeferred,
    OperationsFailed,
    DrainersAlone,
}

/// What is read when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the description of each one is its documentation")]
pub enum Gauge {
    QueueTasks,
    OldestTask,
    RateAllowed,
    Cooling,
    Paused,
    DrainersAlive,
}

/// A metric for Prometheus. Each has the label `limit` beside its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Description {
    /// Its name there; of a counter without `_total`, which its format adds.
    pub name: &'static str,
    /// What it counts, for people.
    pub help: &'static str,
    /// How it is counted.
    pub kind: Kind,
    /// Whether it has the label `queue`.
    pub by_queue: bool,
    /// A label with a closed list of words.
    pub by: Option<By>,
}

/// How something is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Lengths of time in buckets with these upper ends, in seconds.
    Histogram(&'static [f64]),
}

/// A label with a closed list of words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct By {
    /// The label's name.
    pub label: &'static str,
    words: Words,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Words {
    Classes,
    Reasons,
    Whys,
    States,
}

/// What a metric is for CloudWatch, where each one is paid for every month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCloudWatch {
    /// A metric of this name.
    Metric(&'static str),
    /// Good to know and not worth a metric's price: a field of the line.
    Field(&'static str),
    /// Not told.
    Nothing,
}

/// The states that a queue's tasks are counted by.
pub const STATES: [&str; 4] = ["ready", "in_flight", "delayed", "dead"];

impl Metric {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::CallsStarted,
        Self::CallsEnded,
        Self::CallDuration,
        Self::TasksReceived,
        Self::TasksDone,
        Self::TasksGrown,
        Self::TasksRetried,
        Self::TasksPostponed,
        Self::TasksDied,
        Self::TasksReleased,
        Self::TasksSkipped,
        Self::SettlementsStale,
        Self::AnswersThrottled,
        Self::SlotsBooked,
        Self::SlotsForfeited,
        Self::LeasesDeferred,
        Self::OperationsFailed,
        Self::DrainersAlone,
    ];

    /// What it is for Prometheus.
    pub fn description(self) -> Description {
        let queues = |name, help| Description { by_queue: true, ..Description::counter(name, help) };
        let counter = Description::counter;
        match self {
            Self::CallsStarted => queues("jobq_calls_started", "Calls started"),
            Self::CallsEnded => queues("jobq_calls_ended", "Calls that ended, by the class of their status")
                .by("class", Words::Classes),
            Self::CallDuration => Description {
                kind: Kind::Histogram(DURATIONS),
                ..queues("jobq_call_duration_seconds", "How long calls took")
            },
            Self::TasksReceived => queues("jobq_tasks_received", "Tasks taken from their queue"),
            Self::TasksDone => queues("jobq_tasks_done", "Tasks whose call ended well and is recorded"),
            Self::TasksGrown => queues("jobq_tasks_grown", "Tasks that answers of this queue have made"),
            Self::TasksRetried => queues("jobq_tasks_retried", "Failed attempts whose task is tried again"),
            Self::TasksPostponed => {
                queues("jobq_tasks_postponed", "Tasks to be called again that were charged no attempt")
            }
            Self::TasksDied => queues("jobq_tasks_dead", "Tasks moved to the dead-letter queue, by reason")
                .by("reason", Words::Reasons),
            Self::TasksReleased => queues("jobq_tasks_released", "Tasks handed back without a call"),
            Self::TasksSkipped => {
                queues("jobq_tasks_skipped", "Tasks never called, because their batch was canceled")
            }
            Self::SettlementsStale => {
                queues("jobq_settlements_stale", "Settlements that came too late: somebody else had the task")
            }
            Self::AnswersThrottled => {
                counter("jobq_answers_throttled", "Answers that said the API was called too fast")
            }
            Self::SlotsBooked => counter("jobq_slots_booked", "Slots booked on the limit's calendar"),
            Self::SlotsForfeited => {
                counter("jobq_slots_forfeited", "Slots in which no call could be started in time")
            }
            Self::LeasesDeferred => {
                counter("jobq_leases_deferred", "Bookings that found no slot, by why").by("why", Words::Whys)
            }
            Self::OperationsFailed => counter(
                "jobq_operations_failed",
                "Operations on the backend that failed and were tried again",
            ),
            Self::DrainersAlone => Description {
                kind: Kind::Gauge,
                ..counter("jobq_drainers_alone", "Drainers of this process that go on without the ledger")
            },
        }
    }

    /// What it is for CloudWatch.
    pub fn on_cloud_watch(self) -> OnCloudWatch {
        match self {
            Self::CallsStarted => OnCloudWatch::Metric(CALLS_STARTED),
            Self::TasksDone => OnCloudWatch::Metric(TASKS_DONE),
            Self::TasksDied => OnCloudWatch::Metric(TASKS_DIED),
            Self::AnswersThrottled => OnCloudWatch::Metric(THROTTLED),
            Self::TasksRetried => OnCloudWatch::Field("retried"),
            Self::TasksReleased => OnCloudWatch::Field("released"),
            Self::TasksSkipped => OnCloudWatch::Field("skipped"),
            Self::SettlementsStale => OnCloudWatch::Field("stale"),
            Self::SlotsForfeited => OnCloudWatch::Field("forfeited"),
            Self::CallsEnded
            | Self::CallDuration
            | Self::TasksReceived
            | Self::TasksGrown
            | Self::TasksPostponed
            | Self::SlotsBooked
            | Self::LeasesDeferred
            | Self::OperationsFailed
            | Self::DrainersAlone => OnCloudWatch::Nothing,
        }
    }
}

impl Gauge {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [
        Self::QueueTasks,
        Self::OldestTask,
        Self::RateAllowed,
        Self::Cooling,
        Self::Paused,
        Self::DrainersAlive,
    ];

    /// What it is for Prometheus.
    pub fn description(self) -> Description {
        let gauge = |name, help| Description { kind: Kind::Gauge, ..Description::counter(name, help) };
        let queues = |name, help| Description { by_queue: true, ..gauge(name, help) };
        match self {
            Self::QueueTasks => {
                queues("jobq_queue_tasks", "Tasks in the queue, by state").by("state", Words::States)
            }
            Self::OldestTask => queues(
                "jobq_queue_oldest_task_age_seconds",
                "How long the oldest task that may be received has waited",
            ),
            Self::RateAllowed => gauge(
                "jobq_rate_allowed_calls_per_second",
                "Calls a second that the limit's pace allows now, after headroom, override and cool-down",
            ),
            Self::Cooling => gauge("jobq_cooling_seconds", "How much longer the limit gives out no slot"),
            Self::Paused => gauge("jobq_limit_paused", "1 while the limit is paused by hand"),
            Self::DrainersAlive => gauge("jobq_drainers_alive", "Drainers at work on the limit, everywhere"),
        }
    }
}

impl Description {
    fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: Kind::Counter, by_queue: false, by: None }
    }

    fn by(self, label: &'static str, words: Words) -> Self {
        Self { by: Some(By { label, words }), ..self }
    }
}

impl By {
    /// Every word that the label may be.
    pub fn words(&self) -> Vec<&'static str> {
        match self.words {
            Words::Classes => StatusClass::ALL.map(StatusClass::as_str).to_vec(),
            Words::Reasons => Reason::ALL.map(Reason::as_str).to_vec(),
            Words::Whys => Why::ALL.map(Why::word).to_vec(),
            Words::States => STATES.to_vec(),
        }
    }
}
