//! How long a copy is hidden whose task is to wait longer than its backend can hide anything.
//!
//! Such a copy is passed along: received too early, it is sent again with the rest. Copies on the way meet at the same
//! instants, the multiples of the longest delay since the epoch, so that drainers are woken for any number of them no more
//! often than for one. The last stretch ends when the task is due.

use std::time::Duration;

use crate::time::{Timestamp, nanos};

/// For how long to hide, at `now`, what is due at `due`, where nothing can be hidden for longer than `longest`.
pub fn stretch(due: Timestamp, now: Timestamp, longest: Option<Duration>) -> Duration {
    let rest = due.since(now);
    let Some(longest) = longest.filter(|longest| rest > *longest) else {
        return rest;
    };
    let grid = nanos(longest).max(1);
    Duration::from_nanos(grid - now.as_nanos() % grid)
}

#[cfg(test)]
mod tests {
    //! Every wait ends when it should, over few stretches that end together.

    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    const QUARTER: Duration = Duration::from_secs(900);

    #[test]
    fn what_can_be_hidden_at_once_is() {
        let now = Timestamp::from_secs(100);
        assert_eq!(stretch(Timestamp::from_secs(1_000), now, Some(QUARTER)), QUARTER);
        assert_eq!(stretch(Timestamp::from_secs(50), now, Some(QUARTER)), Duration::ZERO);
        assert_eq!(stretch(Timestamp::from_secs(9_000_000), now, None), Duration::from_secs(8_999_900));
        assert_eq!(stretch(Timestamp::from_secs(1_001), now, Some(QUARTER)), Duration::from_secs(800));
    }

    proptest! {
        #[test]
        fn any_wait_is_over_when_the_task_is_due(start in 0..10_000u64, length in 0..400_000u64, late in 0..60u64) {
            let (mut now, due) = (Timestamp::from_secs(start), Timestamp::from_secs(start + length));
            let mut stretches = 0;
            while now < due {
                let seen = now.plus(stretch(due, now, Some(QUARTER)));
                prop_assert!(seen > now && seen.since(now) <= QUARTER && seen <= due);
                // Between the first and the last, drainers are woken at the same instants for all.
                prop_assert!(seen == due || seen.as_nanos() % nanos(QUARTER) == 0);
                now = if seen < due { seen.plus(Duration::from_secs(late)).min(due) } else { seen };
                stretches += 1;
            }
            prop_assert_eq!(now, due.max(Timestamp::from_secs(start)));
            prop_assert!(stretches <= length / 900 + 2);
        }
    }
}
