//! What happens when the autoscaler looks at a limit. No flow records these: its function writes them.

use std::time::Duration;

use super::shown::{Shown, Unit};
use super::telling::{Key, Level, Telling, Told, beginning};
use crate::metric_names::{COOLING_SECONDS, DRAINERS_ALIVE, DRAINERS_DESIRED, RATE_ALLOWED};
use crate::name::LimitName;
use crate::policy::calendar::state::LimitState;
use crate::policy::scale::decide::Decision;
use crate::policy::scale::reading::{Cap, QueueReading, Reading};

/// It was decided how many drainers a limit is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct DrainersSized<'a> {
    limit: &'a LimitName,
    woken_by: &'static str,
    reading: &'a Reading,
    decision: &'a Decision,
    reason: String,
    cooling: Duration,
}

/// A limit could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizingFailed {
    /// Which one; `None` where it failed before any was.
    pub limit: Option<LimitName>,
    /// Why.
    pub error: String,
}

impl<'a> DrainersSized<'a> {
    /// The decision about `limit`, whose document is `state`; `woken_by` says in one word who had it looked at.
    pub fn new(
        limit: &'a LimitName,
        woken_by: &'static str,
        reading: &'a Reading,
        decision: &'a Decision,
        state: &LimitState,
    ) -> Self {
        let cooling = state.cool_down.as_ref().map(|cool| cool.until.since(reading.at)).unwrap_or_default();
        Self { limit, woken_by, reading, decision, reason: decision.reason(), cooling }
    }
}

impl Telling for DrainersSized<'_> {
    fn name(&self) -> &'static str {
        "drainers_sized"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let crew = self.decision.crew;
        vec![
            (Key::Limit, Told::Text(self.limit.as_str())),
            (Key::WokenBy, Told::Text(self.woken_by)),
            (Key::Reason, beginning(&self.reason)),
            (Key::Start, Told::Count(self.decision.start.into())),
            (Key::SetCap, self.decision.cap.map_or(Told::Nothing, |cap| Told::Count(cap.into()))),
            (Key::Coming, Told::Count(crew.coming.into())),
            (Key::Ending, Told::Count(crew.ending.into())),
            (Key::Reading, read(self.reading)),
        ]
    }

    fn shows(&self) -> Vec<Shown> {
        let shown = |name, unit, value| Shown { name, unit, value };
        vec![
            shown(DRAINERS_DESIRED, Unit::Count, self.decision.desired.into()),
            shown(DRAINERS_ALIVE, Unit::Count, self.decision.crew.at_work.into()),
            shown(COOLING_SECONDS, Unit::Seconds, self.cooling.as_secs_f64()),
            // Infinite without a pace: then it is no metric.
            shown(RATE_ALLOWED, Unit::CountPerSecond, self.decision.need.pace),
        ]
    }
}

impl Telling for SizingFailed {
    fn name(&self) -> &'static str {
        "sizing_failed"
    }

    fn level(&self) -> Level {
        Level::Error
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let limit = self.limit.as_ref().map(|limit| (Key::Limit, Told::Text(limit.as_str())));
        limit.into_iter().chain([(Key::Error, beginning(&self.error))]).collect()
    }
}

fn read(reading: &Reading) -> Told<'_> {
    let cap = match reading.cap {
        Cap::Unknown => Told::Text("unknown"),
        Cap::Unset => Told::Nothing,
        Cap::At(cap) => Told::Count(cap.into()),
    };
    Told::Group(vec![
        ("queues", Told::List(reading.queues.iter().map(queue).collect())),
        ("arrivals", reading.arrivals.map_or(Told::Nothing, Told::Fraction)),
        ("cap", cap),
    ])
}

fn queue(reading: &QueueReading) -> Told<'_> {
    let backlog = reading.backlog.map_or(Told::Nothing, |backlog| {
        Told::Group(vec![
            ("ready", Told::Count(backlog.ready)),
            ("in_flight", Told::Count(backlog.in_flight)),
            ("delayed", Told::Count(backlog.delayed)),
        ])
    });
    Told::Group(vec![
        ("queue", Told::Text(reading.queue.as_str())),
        ("open", Told::Flag(reading.is_open())),
        ("backlog", backlog),
    ])
}
