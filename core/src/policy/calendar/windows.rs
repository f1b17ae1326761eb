//! The windows of quotas: how many slots of a lease they admit, and what they then count.
//!
//! A sliding window is kept as counters of sub-windows. Any stretch as long as 60 sub-windows touches at
//! most 61 of them; so if no 61 neighbours together hold more than the quota, no such stretch does. The
//! sub-windows are cut a little wide (60 of them are 1.02 windows): half of that covers a call that
//! starts late in its slot, the other half the jitter between start and arrival.

use std::time::Duration;

use super::state::{LimitState, WindowState};
use crate::lease::Lease;
use crate::limit::Limit;
use crate::quota::{Quota, Window};
use crate::time::{Timestamp, nanos};

/// Sub-windows that a window of full length can touch.
const TOUCHED: u64 = 61;

/// Sub-windows kept: those any window can touch, and as many again for leases that lie ahead.
const KEPT: usize = 122;

/// The width of a sub-window, in thousandths of the window: 1.02 / 60.
const WIDTH_PER_MILLE: u64 = 17;

/// The share of the shortest sliding window by which a call may start late, as a divisor.
const LATENESS_SHARE: u32 = 100;

/// No slot is booked this close before the end of a day or month, so that no call of one day arrives in the next.
const BOUNDARY_GUARD: Duration = Duration::from_secs(1);

/// How many of a lease's slots a window admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// The first so many, at least one.
    First(u32),
    /// None before this instant.
    FullUntil(Timestamp),
}

/// What a quota's window holds at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Calls counted in the window that ends now, or in this day or month.
    pub used: u64,
    /// When the next counted call leaves the window, or the day or month ends.
    pub frees_at: Timestamp,
}

/// The calls that a sliding window counts, for those who look ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The beginning of each sub-window in which some are counted, and how many; the oldest first.
    pub calls: Vec<(Timestamp, u64)>,
    /// The width of a sub-window.
    pub width: Duration,
    /// How long a call is counted, on the average.
    pub stay: Duration,
}

/// The most a call of this limit may start late without passing a sliding window; `None` without one.
pub(super) fn lateness_bound(limit: &Limit) -> Option<Duration> {
    let lengths = limit.quotas.iter().filter_map(|quota| match quota.window {
        Window::Sliding(length) => Some(length / LATENESS_SHARE),
        Window::Day | Window::Month => None,
    });
    lengths.min()
}

/// How many slots of `lease` the quota admits.
pub(super) fn admit(limit: &Limit, quota: &Quota, state: &LimitState, lease: &Lease) -> Admission {
    let kept = find(state, quota);
    match quota.window {
        Window::Sliding(length) => admit_sliding(quota.limit.get(), width(length), kept, lease),
        Window::Day | Window::Month => admit_calendar(limit, quota, kept, lease),
    }
}

/// Counts every slot of `lease` in the quota's window.
pub(super) fn charge(limit: &Limit, quota: &Quota, state: &mut LimitState, lease: &Lease) {
    let own = own(state, quota);
    match quota.window {
        Window::Sliding(length) => {
            for (bucket, count) in buckets(lease, width(length)) {
                *counter(own, bucket) += count;
            }
        }
        Window::Day | Window::Month => {
            let start = bounds(limit, quota.window, lease.slot(0).at).0.as_nanos();
            let before = own.counts.first().copied().filter(|_| own.start == start).unwrap_or(0);
            own.start = start;
            own.counts = vec![before + u64::from(lease.count)];
        }
    }
}

/// Takes back what [`charge`] counted for slots in which no call was started.
pub(super) fn refund(limit: &Limit, quota: &Quota, state: &mut LimitState, unused: &Lease) {
    let Some(own) = state.windows.iter_mut().find(|own| own.window == quota.window.to_string()) else {
        return;
    };
    let groups = match quota.window {
        Window::Sliding(length) => buckets(unused, width(length)),
        Window::Day | Window::Month => {
            let start = bounds(limit, quota.window, unused.slot(0).at).0.as_nanos();
            vec![(start, u64::from(unused.count))]
        }
    };
    for (bucket, count) in groups {
        let index = bucket.checked_sub(own.start).and_then(|index| usize::try_from(index).ok());
        if let Some(kept) = index.and_then(|index| own.counts.get_mut(index)) {
            *kept = kept.saturating_sub(count);
        }
    }
}

/// What the quota's window holds at `now`.
pub fn usage(limit: &Limit, quota: &Quota, state: &LimitState, now: Timestamp) -> Usage {
    let kept = find(state, quota);
    match quota.window {
        Window::Sliding(length) => {
            let width = width(length);
            let newest = now.as_nanos() / width;
            let oldest = newest.saturating_sub(TOUCHED - 1);
            let counted = |bucket: &u64| kept.is_some_and(|kept| at(kept, *bucket) > 0);
            let first = (oldest..=newest).find(counted).unwrap_or(oldest);
            let frees_at = Timestamp::from_nanos((first + TOUCHED) * width);
            Usage { used: kept.map_or(0, |kept| sum(kept, newest)), frees_at }
        }
        Window::Day | Window::Month => {
            let (start, end) = bounds(limit, quota.window, now);
            let current = kept.filter(|kept| kept.start == start.as_nanos());
            Usage { used: current.map_or(0, |kept| kept.counts.iter().sum()), frees_at: end }
        }
    }
}

/// What a sliding quota's window counts at `now`. Nothing for a day or a month.
pub fn counted(quota: &Quota, state: &LimitState, now: Timestamp) -> Counted {
    let Window::Sliding(length) = quota.window else {
        return Counted { calls: Vec::new(), width: Duration::ZERO, stay: Duration::ZERO };
    };
    let width = width(length);
    let oldest = (now.as_nanos() / width).saturating_sub(TOUCHED - 1);
    let start = |bucket: u64| Timestamp::from_nanos(bucket.saturating_mul(width));
    let calls = find(state, quota).into_iter().flat_map(|kept| (kept.start..).zip(&kept.counts));
    let calls = calls.filter(|(bucket, count)| *bucket >= oldest && **count > 0);
    let calls = calls.map(|(bucket, count)| (start(bucket), *count)).collect();
    // A call leaves with its sub-window, in which it came half-way on the average.
    let stay = Duration::from_nanos(width.saturating_mul(2 * TOUCHED - 1) / 2);
    Counted { calls, width: Duration::from_nanos(width), stay }
}

fn admit_sliding(quota: u64, width: u64, kept: Option<&WindowState>, lease: &Lease) -> Admission {
    let mut admitted = 0;
    for (bucket, count) in buckets(lease, width) {
        let room = room(quota, kept, bucket).saturating_sub(admitted);
        admitted += count.min(room);
        if room < count {
            break;
        }
    }
    match u32::try_from(admitted).unwrap_or(lease.count) {
        0 => Admission::FullUntil(Timestamp::from_nanos(next_room(quota, kept, lease, width) * width)),
        admitted => Admission::First(admitted),
    }
}

/// How many more calls sub-window `bucket` may hold: as many as every stretch of 61 that touches it can bear.
fn room(quota: u64, kept: Option<&WindowState>, bucket: u64) -> u64 {
    let Some(kept) = kept else { return quota };
    let newest = kept.start + kept.counts.len() as u64;
    let last = newest.max(bucket).min(bucket + TOUCHED - 1);
    let fullest = (bucket..=last).map(|end| sum(kept, end)).max().unwrap_or(0);
    quota.saturating_sub(fullest)
}

/// The first sub-window after the lease's first slot that has room.
fn next_room(quota: u64, kept: Option<&WindowState>, lease: &Lease, width: u64) -> u64 {
    let bucket = lease.slot(0).at.as_nanos() / width;
    let mut later = bucket + 1..bucket + 2 * TOUCHED;
    later.find(|bucket| room(quota, kept, *bucket) > 0).unwrap_or(bucket + 2 * TOUCHED)
}

fn admit_calendar(limit: &Limit, quota: &Quota, kept: Option<&WindowState>, lease: &Lease) -> Admission {
    let (start, end) = bounds(limit, quota.window, lease.slot(0).at);
    let used = match kept {
        // Another drainer's clock is in the next window already: wait for ours to get there.
        Some(kept) if kept.start > start.as_nanos() => {
            return Admission::FullUntil(Timestamp::from_nanos(kept.start));
        }
        Some(kept) if kept.start == start.as_nanos() => kept.counts.iter().sum(),
        _ => 0,
    };
    let room = u32::try_from(quota.limit.get().saturating_sub(used)).unwrap_or(u32::MAX);
    let last_use = end.minus(BOUNDARY_GUARD);
    let before_end = first_failing(lease.count, |number| lease.slot(number).use_by <= last_use);
    match before_end.min(room) {
        0 => Admission::FullUntil(end),
        admitted => Admission::First(admitted),
    }
}

/// The first of `0..count` for which `holds` is false; it holds for all before and for none after.
fn first_failing(count: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// The beginning and end of the day or month around `at` in the limit's time zone. Daylight saving makes some
/// days 23 or 25 hours long; the time zone database knows.
pub(in crate::policy) fn bounds(limit: &Limit, window: Window, at: Timestamp) -> (Timestamp, Timestamp) {
    let instant = jiff::Timestamp::from_nanosecond(i128::from(at.as_nanos())).unwrap_or(jiff::Timestamp::MAX);
    let date = instant.to_zoned(limit.time_zone.clone()).date();
    let (first, next) = match window {
        Window::Month => (date.first_of_month(), date.last_of_month().tomorrow()),
        Window::Day | Window::Sliding(_) => (date, date.tomorrow()),
    };
    let midnight = |date: jiff::civil::Date| {
        let zoned = limit.time_zone.to_zoned(date.to_datetime(jiff::civil::Time::midnight())).ok()?;
        u64::try_from(zoned.timestamp().as_nanosecond()).ok()
    };
    let start = midnight(first).unwrap_or(0);
    let end = next.ok().and_then(midnight).unwrap_or(u64::MAX);
    (Timestamp::from_nanos(start), Timestamp::from_nanos(end))
}

/// The lease's slots by sub-window: its number, and how many slots lie in it.
fn buckets(lease: &Lease, width: u64) -> Vec<(u64, u64)> {
    let mut groups = Vec::new();
    let mut number = 0;
    while number < lease.count {
        let bucket = lease.slot(number).at.as_nanos() / width;
        let end = Timestamp::from_nanos((bucket + 1).saturating_mul(width));
        let next = first_failing(lease.count, |number| lease.slot(number).at < end);
        groups.push((bucket, u64::from(next - number)));
        number = next;
    }
    groups
}

fn width(length: Duration) -> u64 {
    (nanos(length).saturating_mul(WIDTH_PER_MILLE) / 1_000).max(1)
}

/// The count of the 61 sub-windows that end with `newest`.
fn sum(kept: &WindowState, newest: u64) -> u64 {
    let oldest = newest.saturating_sub(TOUCHED - 1);
    (oldest..=newest).map(|bucket| at(kept, bucket)).sum()
}

fn at(kept: &WindowState, bucket: u64) -> u64 {
    let index = bucket.checked_sub(kept.start).and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| kept.counts.get(index)).copied().unwrap_or(0)
}

/// The counter of a sub-window, made where it is missing. What no window can touch any more is dropped.
fn counter(kept: &mut WindowState, bucket: u64) -> &mut u64 {
    let newest = kept.start + kept.counts.len() as u64;
    if kept.counts.is_empty() || bucket >= newest + TOUCHED {
        kept.start = bucket;
        kept.counts = vec![0];
    }
    while kept.start + (kept.counts.len() as u64) <= bucket {
        kept.counts.push(0);
    }
    let stale = kept.counts.len().saturating_sub(KEPT);
    kept.counts.drain(..stale);
    kept.start += stale as u64;
    // A clock set back: the oldest counter is the closest there is.
    let index = usize::try_from(bucket.saturating_sub(kept.start)).unwrap_or(0);
    &mut kept.counts[index]
}

fn find<'a>(state: &'a LimitState, quota: &Quota) -> Option<&'a WindowState> {
    let name = quota.window.to_string();
    state.windows.iter().find(|kept| kept.window == name)
}

fn own<'a>(state: &'a mut LimitState, quota: &Quota) -> &'a mut WindowState {
    let name = quota.window.to_string();
    let found = state.windows.iter().position(|kept| kept.window == name);
    let index = found.unwrap_or_else(|| {
        state.windows.push(WindowState { window: name, start: 0, counts: Vec::new() });
        state.windows.len() - 1
    });
    &mut state.windows[index]
}
