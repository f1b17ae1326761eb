//! How far apart slots lie now: the configured pace, an override, headroom, and what a cool-down left.

use std::time::Duration;

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
    /// The pace before headroom and recovery: the configured one, or the override's.
    pub pace: Pace,
    /// Whether an override is in force, and until when if it ends by itself.
    pub overridden: Option<Option<Timestamp>>,
    /// The share of the pace that the last cool-down leaves, in thousandths.
    pub share_per_mille: u16,
}

impl Effective {
    /// Calls a second, or `None` without a pace.
    pub fn per_second(&self) -> Option<f64> {
        (!self.interval.is_zero()).then(|| 1.0 / self.interval.as_secs_f64())
    }
}

/// The pace in force at `now`.
pub fn effective(limit: &Limit, state: &LimitState, now: Timestamp) -> Effective {
    let active = state.live_override.as_ref().filter(|own| own.until.is_none_or(|until| now < until));
    // An override that can't be read was written by a newer version; the configured pace is safe to keep.
    let set = active.and_then(|own| Some((own.pace.parse().ok()?, own.until)));
    let (pace, overridden) = set.map_or((limit.pace, None), |(pace, until)| (pace, Some(until)));
    let share_per_mille = state.cool_down.as_ref().map_or(1_000, |cool| recovered(cool, now));
    Effective { interval: interval(limit, pace, share_per_mille), pace, overridden, share_per_mille }
}

/// The share of the pace that `cool` leaves at `now`, in thousandths.
fn recovered(cool: &CoolDown, now: Timestamp) -> u16 {
    let regained = nanos(now.since(cool.until)) / (1_000_000_000 / RECOVERY_PER_MILLE_A_SECOND);
    let share = u64::from(cool.pace_per_mille).saturating_add(regained).clamp(1, 1_000);
    u16::try_from(share).unwrap_or(1_000)
}

fn interval(limit: &Limit, pace: Pace, share_per_mille: u16) -> Duration {
    let Pace::Limited(rate) = pace else {
        return Duration::ZERO;
    };
    let kept = u128::from(1_000u16.saturating_sub(limit.headroom_per_mille).max(1));
    let stretched = rate.interval().as_nanos().saturating_mul(1_000_000);
    let interval = stretched.div_ceil(kept * u128::from(share_per_mille));
    Duration::from_nanos(u64::try_from(interval).unwrap_or(u64::MAX))
}
