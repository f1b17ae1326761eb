//! A queue at a glance.

use std::time::Duration;

use indicatif::HumanCount;
use jobq_core::human;
use serde::Serialize;

use super::ahead::EtaReading;
use super::row;
use crate::openings::Stretch;

/// Where the column stands that tells of when those before it are.
const AS_OF: usize = 8;

/// One queue at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct QueueReading {
    pub(crate) queue: String,
    /// None where the queue isn't in the configuration.
    pub(crate) limit: Option<String>,
    /// Whether it is paused by hand, itself or with its limit.
    pub(crate) paused: bool,
    pub(crate) ready: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
    pub(crate) dead: u64,
    pub(crate) oldest_seconds: Option<f64>,
    /// Tasks sent in the last 60 seconds, retries not among them; on AWS, messages sent in the minute `measured_at`.
    pub(crate) added_per_minute: Option<u64>,
    /// Tasks that ended in the last 60 seconds, done or dead; on AWS, messages deleted in the minute `measured_at`.
    pub(crate) settled_per_minute: Option<u64>,
    /// The beginning of the minute that the oldest, added and settled are of, where they aren't of now.
    pub(crate) measured_at: Option<String>,
    pub(crate) eta: EtaReading,
    /// Why somebody should look at it before it is empty.
    pub(crate) concerns: Vec<String>,
    /// When it is open, after now; none where it has no schedule.
    pub(crate) next_openings: Vec<Stretch>,
}

impl QueueReading {
    /// The tasks that wait: ready, in flight and delayed.
    pub(crate) fn waiting(&self) -> u64 {
        self.ready + self.in_flight + self.delayed
    }

    /// How long the oldest task has waited.
    pub(crate) fn oldest(&self) -> String {
        let text = |seconds| human::roughly(Duration::from_secs_f64(seconds));
        self.oldest_seconds.map_or_else(|| "-".to_owned(), text)
    }
}

/// Of when the oldest, added and settled are, `14:03Z`; `-` where they are of now, or unknown.
pub(crate) fn as_of(queue: &QueueReading) -> String {
    let of_day = queue.measured_at.as_ref().and_then(|at| at.get(11..16));
    of_day.map_or_else(|| "-".to_owned(), |at| format!("{at}Z"))
}

/// `12,034`.
pub(crate) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// How many a minute, or `-`.
pub(crate) fn per_minute(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), count)
}

/// A row for each opening to come.
pub(crate) fn opening_rows(queues: &[QueueReading]) -> Vec<Vec<String>> {
    let rows = |queue: &QueueReading| {
        let row = |stretch: &Stretch| row([&queue.queue, "opens", &stretch.to_string()]);
        queue.next_openings.iter().map(row).collect::<Vec<_>>()
    };
    queues.iter().flat_map(rows).collect()
}

/// The heading and rows of a table of queues. Of when some counts are is told where they aren't of now.
pub(crate) fn queue_rows(queues: &[QueueReading]) -> Vec<Vec<String>> {
    let mut heading = row([
        "QUEUE",
        "READY",
        "IN FLIGHT",
        "DELAYED",
        "DEAD",
        "OLDEST",
        "ADDED/MIN",
        "SETTLED/MIN",
        "ETA",
        "LIMIT",
    ]);
    let is_late = queues.iter().any(|queue| queue.measured_at.is_some());
    if is_late {
        heading.insert(AS_OF, "AS OF".to_owned());
    }
    let cells = |queue: &QueueReading| {
        let mut cells = vec![
            queue.queue.clone(),
            count(queue.ready),
            count(queue.in_flight),
            count(queue.delayed),
            count(queue.dead),
            queue.oldest(),
            per_minute(queue.added_per_minute),
            per_minute(queue.settled_per_minute),
            queue.eta.to_string(),
            queue.limit.clone().unwrap_or_else(|| "-".to_owned()),
        ];
        if is_late {
            cells.insert(AS_OF, as_of(queue));
        }
        cells
    };
    std::iter::once(heading).chain(queues.iter().map(cells)).collect()
}
