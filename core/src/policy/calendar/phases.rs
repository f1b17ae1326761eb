//! Where a limit stands in its phases.

use std::borrow::Cow;
use std::time::Duration;

use super::book::{HORIZON, SPAN};
use super::state::LimitState;
use crate::limit::Limit;
use crate::phase::Phase;
use crate::time::Timestamp;

/// How far ahead of a booking its last slot may lie.
const AHEAD: Duration = HORIZON.saturating_add(SPAN);

/// A phase that is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// Its number among the limit's phases, from 1.
    pub number: usize,
    /// The phase.
    pub phase: Phase,
    /// When it ends.
    pub until: Timestamp,
    /// The time between two calls, before headroom.
    pub(super) interval: Duration,
}

/// The document as a call at `now` would find it: with phases that begin then, if nothing was called for long enough.
pub fn begun<'a>(limit: &Limit, state: &'a LimitState, now: Timestamp) -> Cow<'a, LimitState> {
    // A slow phase has nothing for anybody to call until its next slot comes.
    let rest = || limit.phases.after.saturating_add(longest_wait(limit));
    let rested = || state.last_slot.is_none_or(|last| now.since(last) >= rest());
    if limit.phases.list.is_empty() || !(state.phases_from.is_none() || rested()) {
        return Cow::Borrowed(state);
    }
    Cow::Owned(LimitState { phases_from: Some(now), ..state.clone() })
}

/// The longest time from slot to slot in any phase, with the largest headroom there can be.
fn longest_wait(limit: &Limit) -> Duration {
    let rates = limit.phases.list.iter().flat_map(|phase| [phase.from, phase.to]);
    rates.map(|rate| rate.interval().saturating_mul(2)).max().unwrap_or_default()
}

/// The phase that is on at `now`; `None` before the first call and after the last phase.
pub(super) fn current(limit: &Limit, state: &LimitState, now: Timestamp) -> Option<Current> {
    let mut from = state.phases_from?;
    for (index, phase) in limit.phases.list.iter().enumerate() {
        let until = from.plus(phase.length);
        if now < until {
            // Slots booked now may come later, and then it may be slower.
            let (now, later) = (now.since(from), now.plus(AHEAD).since(from));
            let interval = phase.interval(now).max(phase.interval(later));
            return Some(Current { number: index + 1, phase: *phase, until, interval });
        }
        from = until;
    }
    None
}
