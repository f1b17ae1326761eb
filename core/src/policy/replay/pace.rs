//! The pace: the stretch in which calls came closest to what the rate and its burst allow, over stretches of any length.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Span;
use crate::rate::Rate;
use crate::time::{Timestamp, nanos};

/// Logs are written in whole microseconds, rounded down, so that two calls may lie this much further apart.
const PRECISION: Duration = Duration::from_micros(1);

/// The worst stretch from one call to another.
///
/// The leaky bucket, exactly: call `k` is ahead of its turn by the most by which it and those before it, back to any `j`,
/// exceed what the rate has let through since. That most is at the `j` that was the least ahead of an even sequence, so
/// one pass finds it. Numbers are nanoseconds times the rate's calls: nothing is rounded.
pub(super) fn worst(rate: Rate, burst: NonZeroU32, starts: &[Timestamp]) -> Option<Span> {
    let begin = *starts.first()?;
    let (calls, per) = (i128::from(rate.calls().get()), i128::from(nanos(rate.per())));
    let mut worst = Stretch { from: 0, to: 0, ahead: 0 };
    let mut least = (0, 0);
    for (number, at) in starts.iter().enumerate() {
        let turn = i128::try_from(number).unwrap_or(i128::MAX).saturating_mul(per);
        let ahead = turn.saturating_sub(i128::from(nanos(at.since(begin))).saturating_mul(calls));
        if ahead < least.1 {
            least = (number, ahead);
        }
        let ahead = ahead.saturating_sub(least.1);
        if ahead > worst.ahead {
            worst = Stretch { from: least.0, to: number, ahead };
        }
    }
    Some(worst.span(rate, burst, starts))
}

/// The calls from one to another, by their numbers, and how far ahead of its turn the last one is.
struct Stretch {
    from: usize,
    to: usize,
    ahead: i128,
}

impl Stretch {
    fn span(&self, rate: Rate, burst: NonZeroU32, starts: &[Timestamp]) -> Span {
        let (from, to) = (starts[self.from], starts[self.to]);
        let length = u128::from(nanos(to.since(from).saturating_add(PRECISION)));
        let turns = length.saturating_mul(u128::from(rate.calls().get())) / u128::from(nanos(rate.per()));
        let turns = u64::try_from(turns).unwrap_or(u64::MAX);
        let allowed = turns.saturating_add(u64::from(burst.get())).saturating_add(1);
        let calls = u64::try_from(self.to - self.from).unwrap_or(u64::MAX).saturating_add(1);
        Span { from, to, calls, allowed }
    }
}
