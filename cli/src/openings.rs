//! When a queue is open, as `queue show`, `status` and `doctor` tell it.

use std::fmt;

use jobq_core::opening::Opening;
use jobq_core::policy::schedule::{Openness, next_openings, openness};
use jobq_core::time::Timestamp;
use jobq_core::zone::Zone;
use serde::Serialize;

use crate::readings::row;

/// How many openings are told in advance.
const TOLD: usize = 3;

/// When a queue is open. Times are UTC, RFC 3339, where it isn't said otherwise.
#[derive(Debug, Serialize)]
pub(crate) struct Openings {
    schedule: Vec<String>,
    /// Whose clocks the schedule goes by: those of its first opening.
    time_zone: String,
    open: bool,
    /// When that changes; none where it never will.
    until: Option<String>,
    /// The openings after this one.
    next: Vec<Stretch>,
    #[serde(skip)]
    changes: Option<Moment>,
}

/// A time in which a queue is open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Stretch {
    from: String,
    until: String,
    /// The same with the offset of the schedule's time zone.
    local_from: String,
    local_until: String,
    #[serde(skip)]
    moments: [Moment; 2],
}

/// An instant as UTC and a time zone show it.
#[derive(Debug, Clone, PartialEq)]
struct Moment {
    utc: String,
    /// None where the zone is UTC.
    local: Option<String>,
}

impl Openings {
    /// What a queue's schedule means at `now`.
    pub(crate) fn at(now: Timestamp, schedule: &[Opening]) -> Self {
        let (open, until) = match openness(schedule, now) {
            Openness::Always => (true, None),
            Openness::Open { until } => (true, Some(until)),
            Openness::Closed { until } => (false, until),
        };
        let zone = zone_of(schedule);
        Self {
            schedule: schedule.iter().map(ToString::to_string).collect(),
            time_zone: zone.name().to_owned(),
            open,
            until: until.map(|until| until.to_string()),
            next: next(now, schedule),
            changes: until.map(|until| Moment::new(until, &zone)),
        }
    }

    /// A row for each opening of the schedule, whether it is open now, and what comes then.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let now = match (self.open, &self.changes) {
            (true, None) => "always open".to_owned(),
            (true, Some(until)) => format!("open until {}", until.told()),
            (false, None) => "closed, with no opening to come".to_owned(),
            (false, Some(until)) => format!("closed until {}", until.told()),
        };
        let schedule = self.schedule.iter().map(|opening| row(["schedule", opening]));
        let next = self.next.iter().map(|stretch| row(["opens", &stretch.to_string()]));
        schedule.chain([row(["now", &now])]).chain(next).collect()
    }
}

/// The next openings of a schedule, the one that is on not among them.
pub(crate) fn next(now: Timestamp, schedule: &[Opening]) -> Vec<Stretch> {
    let zone = zone_of(schedule);
    let stretch = |(from, until): (Timestamp, Timestamp)| Stretch {
        from: from.to_string(),
        until: until.to_string(),
        local_from: zone.rfc_3339(from),
        local_until: zone.rfc_3339(until),
        moments: [Moment::new(from, &zone), Moment::new(until, &zone)],
    };
    next_openings(schedule, now, TOLD).into_iter().map(stretch).collect()
}

/// An instant as the clocks of a zone show it, and as UTC does.
pub(crate) fn told(instant: Timestamp, zone: &Zone) -> String {
    Moment::new(instant, zone).told()
}

fn zone_of(schedule: &[Opening]) -> Zone {
    schedule.first().map_or(Zone::UTC, |opening| opening.zone().clone())
}

/// As the clocks of the time zone show it, and then as UTC does.
impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, until] = &self.moments;
        match (&from.local, &until.local) {
            (Some(local_from), Some(local_until)) => {
                write!(f, "{local_from} to {local_until}, {} UTC to {} UTC", from.utc, until.utc)
            }
            _ => write!(f, "{} UTC to {} UTC", from.utc, until.utc),
        }
    }
}

impl Moment {
    fn new(instant: Timestamp, zone: &Zone) -> Self {
        let local = (*zone != Zone::UTC).then(|| format!("{} {}", zone.to_the_minute(instant), zone.name()));
        Self { utc: Zone::UTC.to_the_minute(instant), local }
    }

    fn told(&self) -> String {
        match &self.local {
            Some(local) => format!("{local}, {} UTC", self.utc),
            None => format!("{} UTC", self.utc),
        }
    }
}
