//! How many calls a second a limit lets pass as time goes on.

use std::time::Duration;

use super::budget::Budget;
use super::course::length;
use crate::limit::Limit;
use crate::policy::calendar::pace::{Effective, Source, effective};
use crate::policy::calendar::state::LimitState;
use crate::time::Timestamp;

/// What passes where nothing holds it back: more than any API takes, and still a number to reckon with.
const BOUNDLESS: f64 = 1e6;

/// While a limit recovers its pace is looked at this often, in seconds.
const RECOVERY_STEP: f64 = 2.0;

/// While a phase goes from one rate to another it is looked at so many times.
const RAMP_STEPS: f64 = 50.0;

/// How much of the pace is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Speed {
    /// All that is allowed.
    Allowed,
    /// This share of it, at most 1.
    Share(f64),
    /// All that is allowed, but at most so many calls a second.
    AtMost(f64),
}

/// What a limit lets pass. Times are seconds from the beginning of the course.
pub(super) struct Allowance<'a> {
    limit: &'a Limit,
    state: &'a LimitState,
    begin: Timestamp,
    speed: Speed,
    budgets: Vec<Budget<'a>>,
}

/// An even stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    /// How many calls a second pass.
    pub(super) per_second: f64,
    /// Until when.
    pub(super) until: f64,
}

impl<'a> Allowance<'a> {
    /// What the document allows from `begin` on.
    pub(super) fn new(limit: &'a Limit, state: &'a LimitState, begin: Timestamp, speed: Speed) -> Self {
        let budgets = limit.quotas.iter().map(|quota| Budget::new(limit, quota, state, begin)).collect();
        Self { limit, state, begin, speed, budgets }
    }

    /// What passes from `at` on if there is enough to.
    pub(super) fn stretch(&self, at: f64) -> Stretch {
        let paced = self.paced(at);
        let quota = self.budgets.iter().map(|budget| budget.lets_pass(at)).fold(f64::INFINITY, f64::min);
        let per_second = paced.per_second.min(quota);
        let until =
            self.budgets.iter().map(|budget| budget.until(at, per_second)).fold(paced.until, f64::min);
        Stretch { per_second, until }
    }

    /// The quotas that let nothing, or not all, of the pace pass at `at`.
    pub(super) fn used_up(&self, at: f64) -> impl Iterator<Item = bool> {
        self.budgets.iter().map(move |budget| budget.lets_pass(at).is_finite())
    }

    /// Moves on by `seconds` in which so many calls a second passed.
    pub(super) fn pass(&mut self, at: f64, seconds: f64, per_second: f64) {
        self.budgets.iter_mut().for_each(|budget| budget.pass(at, seconds, per_second));
    }

    /// What the pace lets pass, quotas aside.
    fn paced(&self, at: f64) -> Stretch {
        // A hair later, so that what ends at this instant has ended.
        let now = self.begin.plus(length(at)).plus(Duration::from_micros(1));
        let later = |instant: Timestamp| (instant > now).then(|| instant.since(self.begin).as_secs_f64());
        if let Some(until) = self.state.cool_down.as_ref().and_then(|cool| later(cool.until)) {
            return Stretch { per_second: 0.0, until };
        }
        let effective_now = effective(self.limit, self.state, now);
        let ends = effective_now.until().and_then(later).unwrap_or(f64::INFINITY);
        let step = step(&effective_now);
        let until = step.map_or(ends, |step| ends.min(at + step));
        let middle = if step.is_some() { now.plus(length((until - at) / 2.0)) } else { now };
        let allowed = effective(self.limit, self.state, middle).per_second().unwrap_or(BOUNDLESS);
        let per_second = match self.speed {
            Speed::Allowed => allowed,
            Speed::Share(share) => allowed * share,
            Speed::AtMost(most) => allowed.min(most),
        };
        Stretch { per_second, until }
    }
}

/// After how many seconds a pace that changes all the time is looked at again.
fn step(effective: &Effective) -> Option<f64> {
    let recovers = (effective.share_per_mille < 1_000).then_some(RECOVERY_STEP);
    let ramp = match &effective.source {
        Source::Phase(current) if !current.phase.is_steady() => {
            Some(current.phase.length.as_secs_f64() / RAMP_STEPS)
        }
        Source::Configured | Source::Phase(_) | Source::Set(..) => None,
    };
    recovers.into_iter().chain(ramp).reduce(f64::min)
}
