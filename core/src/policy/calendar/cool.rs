//! Cooling down: what a limit does when the API says it was called too fast.
//!
//! Additive increase, multiplicative decrease (Chiu and Jain, 1989), as congestion control does it: the
//! pace falls by a quarter an episode and comes back by a hundredth of the whole a second.

use std::time::Duration;

use super::pace;
use super::state::{CoolDown, LimitState};
use crate::limit::Limit;
use crate::time::Timestamp;

/// What is left of the pace after an episode, in thousandths of what it was.
const DECREASE_PER_MILLE: u32 = 750;

/// The pace never falls below this share of the configured one, in thousandths.
const FLOOR_PER_MILLE: u32 = 20;

/// The first cool-down where the API doesn't say how long; it doubles with each episode that follows closely.
const FIRST_COOL_DOWN: Duration = Duration::from_secs(1);

/// The longest cool-down where the API doesn't say how long.
const MOST_COOL_DOWN: Duration = Duration::from_secs(60);

/// The longest cool-down an API can ask for: a mistaken header must not stop a limit for a year.
const MOST_ASKED: Duration = Duration::from_secs(3_600);

/// An episode this soon after the last one follows it closely.
const CLOSELY: Duration = Duration::from_secs(10);

/// An API's word that it was called too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// When the refused call was started.
    pub started_at: Timestamp,
    /// The status that said so: 429 or 503.
    pub status: u16,
    /// How long the API asks to be left alone, if it says.
    pub hint: Option<Duration>,
}

/// The document after a refusal, for all drainers; `None` where it changes nothing.
///
/// Refusals of calls that were started before the pace was last lowered, or before the cool-down's end by drainers that
/// didn't know of it yet, are of the same episode: they can make the cool-down longer, not the pace lower.
pub fn cool(limit: &Limit, state: &LimitState, now: Timestamp, refusal: Refusal) -> Option<LimitState> {
    let asked = refusal.hint.map(|hint| hint.min(MOST_ASKED));
    let last = state.cool_down.as_ref();
    let same_episode =
        last.filter(|cool| refusal.started_at <= cool.since || refusal.started_at < cool.until);
    let cool_down = match same_episode {
        Some(cool) => CoolDown { until: cool.until.max(now.plus(asked.unwrap_or_default())), ..cool.clone() },
        None => {
            let close = last.filter(|cool| now < cool.until.plus(CLOSELY));
            let streak = close.map_or(0, |cool| cool.streak).saturating_add(1);
            let left =
                u32::from(pace::effective(limit, state, now).share_per_mille) * DECREASE_PER_MILLE / 1_000;
            CoolDown {
                since: now,
                until: now.plus(asked.unwrap_or_else(|| backoff(streak))),
                status: refusal.status,
                streak,
                pace_per_mille: u16::try_from(left.max(FLOOR_PER_MILLE)).unwrap_or(1_000),
            }
        }
    };
    let changed = state.cool_down.as_ref() != Some(&cool_down);
    changed.then(|| LimitState { cool_down: Some(cool_down), ..state.clone() })
}

fn backoff(streak: u32) -> Duration {
    let doubled = 2u32.saturating_pow(streak.saturating_sub(1));
    FIRST_COOL_DOWN.saturating_mul(doubled).min(MOST_COOL_DOWN)
}

#[cfg(test)]
mod tests {
    //! Episodes, streaks and hints.

    use super::*;
    use crate::rate::Pace;

    fn limit() -> Limit {
        Limit::new("api".parse().unwrap(), Pace::Limited("50/s".parse().unwrap()))
    }

    fn refused(started_at: Timestamp, hint: Option<u64>) -> Refusal {
        Refusal { started_at, status: 429, hint: hint.map(Duration::from_secs) }
    }

    #[test]
    fn one_episode_lowers_the_pace_once() {
        let (limit, now) = (limit(), Timestamp::from_secs(100));
        let first = cool(&limit, &LimitState::default(), now, refused(now, None)).unwrap();
        assert_eq!(first.cool_down.as_ref().unwrap().pace_per_mille, 750);
        assert_eq!(cool(&limit, &first, now, refused(now.minus(Duration::from_millis(5)), None)), None);
        let longer = cool(&limit, &first, now, refused(now, Some(30))).unwrap().cool_down.unwrap();
        assert_eq!((longer.pace_per_mille, longer.until), (750, now.plus(Duration::from_secs(30))));
    }

    #[test]
    fn close_episodes_double_the_wait_and_distant_ones_start_anew() {
        let limit = limit();
        let (mut state, mut now) = (LimitState::default(), Timestamp::from_secs(100));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            state = cool(&limit, &state, now, refused(now, None)).unwrap();
            let until = state.cool_down.as_ref().unwrap().until;
            assert_eq!(until.since(now), Duration::from_secs(seconds));
            now = until.plus(Duration::from_millis(20));
        }
        now = now.plus(Duration::from_secs(11));
        let later = cool(&limit, &state, now, refused(now, None)).unwrap().cool_down.unwrap();
        assert_eq!(later.streak, 1);
    }

    #[test]
    fn the_pace_recovers_to_the_configured_one_and_not_beyond() {
        let (limit, now) = (limit(), Timestamp::from_secs(100));
        let state = cool(&limit, &LimitState::default(), now, refused(now, Some(5))).unwrap();
        let share =
            |seconds| pace::effective(&limit, &state, now.plus(Duration::from_secs(seconds))).share_per_mille;
        assert_eq!([share(5), share(15), share(30), share(3_000)], [750, 850, 1_000, 1_000]);
    }

    #[test]
    fn an_absurd_hint_is_cut_to_an_hour() {
        let now = Timestamp::from_secs(100);
        let state = cool(&limit(), &LimitState::default(), now, refused(now, Some(1 << 40))).unwrap();
        assert_eq!(state.cool_down.unwrap().until, now.plus(MOST_ASKED));
    }
}
