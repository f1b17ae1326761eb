//! When a queue is open, as `queue show` tells it.

use jobq_core::opening::Opening;
use jobq_core::policy::schedule::{Openness, next_openings, openness};
use jobq_core::time::Timestamp;
use serde::Serialize;

use crate::readings::row;

/// How many openings are told in advance.
const TOLD: usize = 3;

/// When a queue is open. Times are UTC, RFC 3339.
#[derive(Debug, Serialize)]
pub(crate) struct Openings {
    schedule: Vec<String>,
    open: bool,
    /// When that changes; none where it never will.
    until: Option<String>,
    /// The openings after this one.
    next: Vec<Stretch>,
}

#[derive(Debug, Serialize)]
struct Stretch {
    from: String,
    until: String,
}

impl Openings {
    /// What a queue's schedule means at `now`.
    pub(crate) fn at(now: Timestamp, schedule: &[Opening]) -> Self {
        let (open, until) = match openness(schedule, now) {
            Openness::Always => (true, None),
            Openness::Open { until } => (true, Some(until)),
            Openness::Closed { until } => (false, until),
        };
        let stretch = |(from, until): (Timestamp, Timestamp)| Stretch {
            from: from.to_string(),
            until: until.to_string(),
        };
        Self {
            schedule: schedule.iter().map(ToString::to_string).collect(),
            open,
            until: until.map(|until| until.to_string()),
            next: next_openings(schedule, now, TOLD).into_iter().map(stretch).collect(),
        }
    }

    /// A row for each opening of the schedule, whether it is open now, and what comes then.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let until = self.until.as_deref().map(to_the_minute);
        let now = match (self.open, until) {
            (true, None) => "always open".to_owned(),
            (true, Some(until)) => format!("open until {until}"),
            (false, None) => "closed, with no opening to come".to_owned(),
            (false, Some(until)) => format!("closed until {until}"),
        };
        let schedule = self.schedule.iter().map(|opening| row(["schedule", opening]));
        let next = self.next.iter().map(|stretch| {
            let (from, until) = (to_the_minute(&stretch.from), to_the_minute(&stretch.until));
            row(["opens", &format!("{from} to {until}")])
        });
        schedule.chain([row(["now", &now])]).chain(next).collect()
    }
}

/// `2026-11-21 22:00 UTC` of RFC 3339: a schedule is no finer.
fn to_the_minute(instant: &str) -> String {
    let (date, time) = instant.split_once('T').unwrap_or((instant, ""));
    format!("{date} {} UTC", time.get(..5).unwrap_or(time))
}
