//! How far apart slots lie now: the configured pace, a phase, an override, headroom, and what a cool-down left.

use std::time::Duration;

use super::phases::{self, Current};
use super::state::{CoolDown, LimitState};
use crate::limit::Limit;
use crate::rate::Pace;
use crate::time::{Timestamp, nanos};

/// How fast the pace recovers after a cool-down, in thousandths of itself a second. From the lowest
/// share to the whole takes 98 seconds: long enough that an API which is still slow says so only now and then.
const RECOVERY_PER_MILLE_A_SECOND: u64 = 10;

/// The pace in force at an instant, and what made it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective {
    /// The time from slot to slot; zero without a pace.
    pub interval: Duration,
    /// Where the pace before headroom and recovery comes from.
    pub source: Source,
    /// The share of the pace that the last cool-down leaves, in thousandths.
    pub share_per_mille: u16,
}

/// Where a pace comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The limit's rate.
    Configured,
    /// One of its phases.
    Phase(Current),
    /// It was set by hand, until an instant if it ends by itself.
    Set(Pace, Option<Timestamp>),
}

impl Effective {
    /// Calls a second, or `None` without a pace.
    pub fn per_second(&self) -> Option<f64> {
        (!self.interval.is_zero()).then(|| 1.0 / self.interval.as_secs_f64())
    }

    /// When another pace comes by itself, if it does.
    pub fn until(&self) -> Option<Timestamp> {
        match &self.source {
            Source::Configured => None,
            Source::Phase(phase) => Some(phase.until),
            Source::Set(_, until) => *until,
        }
    }

    /// Whether it changes from instant to instant: a phase goes from one rate to another, or it recovers.
    pub fn is_changing(&self) -> bool {
        let ramps = matches!(&self.source, Source::Phase(current) if !current.phase.is_steady());
        ramps || self.share_per_mille < 1_000
    }
}

/// The pace that a call at `now` would find: phases begin with it, if it is time for them to.
pub fn at_next_call(limit: &Limit, state: &LimitState, now: Timestamp) -> Effective {
    effective(limit, &phases::begun(limit, state, now), now)
}

/// The pace in force at `now`. Phases are on as the document says; [`at_next_call`] lets them begin.
pub fn effective(limit: &Limit, state: &LimitState, now: Timestamp) -> Effective {
    let source = source(limit, state, now);
    let spaced = match &source {
        Source::Configured => limit.pace.interval(),
        Source::Phase(phase) => phase.interval,
        Source::Set(pace, _) => pace.interval(),
    };
    let share_per_mille = state.cool_down.as_ref().map_or(1_000, |cool| recovered(cool, now));
    Effective { interval: stretched(limit, spaced, share_per_mille), source, share_per_mille }
}

fn source(limit: &Limit, state: &LimitState, now: Timestamp) -> Source {
    let active = state.live_override.as_ref().filter(|own| own.until.is_none_or(|until| now < until));
    // An override that can't be read was written by a newer version; the configured pace is safe to keep.
    let set = active.and_then(|own| Some(Source::Set(own.pace.parse().ok()?, own.until)));
    let phase = || phases::current(limit, state, now).map(Source::Phase);
    set.or_else(phase).unwrap_or(Source::Configured)
}

/// The share of the pace that `cool` leaves at `now`, in thousandths.
fn recovered(cool: &CoolDown, now: Timestamp) -> u16 {
    let regained = nanos(now.since(cool.until)) / (1_000_000_000 / RECOVERY_PER_MILLE_A_SECOND);
    let share = u64::from(cool.pace_per_mille).saturating_add(regained).clamp(1, 1_000);
    u16::try_from(share).unwrap_or(1_000)
}

/// The time between calls with headroom kept back and at a share of the pace; zero stays zero.
fn stretched(limit: &Limit, interval: Duration, share_per_mille: u16) -> Duration {
    let kept = u128::from(1_000u16.saturating_sub(limit.headroom_per_mille).max(1));
    let stretched = interval.as_nanos().saturating_mul(1_000_000);
    let interval = stretched.div_ceil(kept * u128::from(share_per_mille));
    Duration::from_nanos(u64::try_from(interval).unwrap_or(u64::MAX))
}
