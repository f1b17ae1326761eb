//! Who is at work on a limit, and how the cap on calls in flight is shared among them.
//!
//! Each drainer holds a part of the cap until it books again or counts as dead. The parts never add up
//! to more than the cap: a newcomer gets what is left, and the others shrink to their fair part when they
//! book next, which they do about once a second.

use std::time::Duration;

use super::alone::{ALONE_FOR, is_lost};
use super::book::Want;
use super::state::{Holder, LimitState};
use crate::name::DrainerId;
use crate::time::Timestamp;

/// A drainer that hasn't booked for this long counts as dead, and its part goes to the others.
pub const HOLDER_LIFETIME: Duration = Duration::from_secs(5);

/// The drainers that count as alive at `now`.
pub fn alive(state: &LimitState, now: Timestamp) -> impl Iterator<Item = &Holder> {
    state.holders.iter().filter(move |holder| holder.until > now)
}

/// A drainer's part of the cap on calls in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// What it holds, so that others can't: at least the calls it has under way.
    pub(super) claimed: u32,
    /// Up to how many calls under way it may start new ones: no more than its fair part, so that a busy
    /// drainer shrinks to it as its calls end.
    pub(super) usable: u32,
}

/// The part of `cap` that `drainer` has, with `in_flight` calls under way.
pub(super) fn part(
    state: &LimitState,
    now: Timestamp,
    drainer: &DrainerId,
    in_flight: u32,
    cap: u32,
) -> Part {
    let others = || alive(state, now).filter(|holder| !is_of(holder, drainer));
    let count = u32::try_from(others().count()).unwrap_or(u32::MAX).saturating_add(1);
    let claimed = others().fold(0u32, |sum, holder| sum.saturating_add(holder.permits));
    let fair = (cap / count).max(1);
    let claimed = fair.max(in_flight).min(cap.saturating_sub(claimed));
    Part { claimed, usable: fair.min(claimed) }
}

/// Notes that whoever asks is alive and holds `permits`; drops those that count as dead and don't call alone.
pub(super) fn renew(state: &mut LimitState, now: Timestamp, want: &Want, permits: u32) {
    let noted = state.holders.iter().find(|holder| is_of(holder, &want.drainer));
    let since = noted.and_then(|own| own.since).or(Some(now));
    state
        .holders
        .retain(|holder| !is_of(holder, &want.drainer) && (holder.until > now || is_lost(holder, now)));
    let until = now.plus(HOLDER_LIFETIME);
    state.holders.push(Holder {
        drainer: want.drainer.as_str().to_owned(),
        since,
        until,
        permits,
        latency_ms: u32::try_from(want.latency.as_millis()).unwrap_or(u32::MAX),
        ends_at: want.ends_at,
        alone_until: want.alone.map(|_| until.plus(ALONE_FOR)),
    });
}

fn is_of(holder: &Holder, drainer: &DrainerId) -> bool {
    holder.drainer == drainer.as_str()
}

/// Whether `drainer` should be noted again: it isn't yet, holds something else, or soon counts as dead.
pub(super) fn is_due(state: &LimitState, now: Timestamp, drainer: &DrainerId, permits: u32) -> bool {
    // Others count on the permits of one that seems dead; where there are none, a write is saved if it books soon.
    let soon = now.plus(if permits > 0 { HOLDER_LIFETIME / 2 } else { HOLDER_LIFETIME * 3 / 10 });
    let noted = |holder: &Holder| is_of(holder, drainer) && holder.permits == permits && holder.until > soon;
    !state.holders.iter().any(noted)
}
