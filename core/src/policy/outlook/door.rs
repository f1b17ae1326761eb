//! Whether a queue is open, as time goes on.

use crate::opening::Opening;
use crate::policy::schedule::{Openness, openness};
use crate::time::Timestamp;

/// A queue's schedule at one instant, in seconds from the beginning of a course.
pub(super) struct Door<'a> {
    schedule: &'a [Opening],
    begin: Timestamp,
    /// Whether it is open.
    pub(super) is_open: bool,
    /// When that changes; infinite where it never does.
    pub(super) until: f64,
}

impl<'a> Door<'a> {
    /// The door as it is at `begin`.
    pub(super) fn new(schedule: &'a [Opening], begin: Timestamp) -> Self {
        let mut door = Self { schedule, begin, is_open: true, until: f64::INFINITY };
        door.look(begin);
        door
    }

    /// Moves on to `at`.
    pub(super) fn pass(&mut self, at: f64) {
        if at >= self.until {
            // Openings come on whole minutes; a hair later, so that rounding doesn't see what was before.
            self.look(self.begin.plus(super::course::length(at)).plus(std::time::Duration::from_millis(1)));
        }
    }

    fn look(&mut self, now: Timestamp) {
        let seconds = |until: Timestamp| until.since(self.begin).as_secs_f64();
        (self.is_open, self.until) = match openness(self.schedule, now) {
            Openness::Always => (true, f64::INFINITY),
            Openness::Open { until } => (true, seconds(until)),
            Openness::Closed { until } => (false, until.map_or(f64::INFINITY, seconds)),
        };
    }
}
