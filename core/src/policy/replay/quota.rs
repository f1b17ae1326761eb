//! Quotas: the fullest of all windows, wherever they begin.

use std::time::Duration;

use super::Span;
use crate::limit::Limit;
use crate::policy::calendar::windows::bounds;
use crate::quota::{Quota, Window};
use crate::time::Timestamp;

/// The fullest window of the quota.
pub(super) fn worst(limit: &Limit, quota: &Quota, starts: &[Timestamp]) -> Option<Span> {
    let span = |(from, to, calls)| Span { from, to, calls, allowed: quota.limit.get() };
    match quota.window {
        Window::Sliding(length) => fullest_sliding(length, starts).map(span),
        Window::Day | Window::Month => fullest_of_calendar(limit, quota.window, starts).map(span),
    }
}

/// The fullest window of this length: one that begins at a call holds as many as any. Its end is not in it, as midnight
/// is not in the day before.
fn fullest_sliding(length: Duration, starts: &[Timestamp]) -> Option<(Timestamp, Timestamp, u64)> {
    let mut fullest = None;
    let mut first = 0;
    for (last, at) in starts.iter().enumerate() {
        while starts[first].plus(length) <= *at {
            first += 1;
        }
        let calls = count(last + 1 - first);
        if fullest.is_none_or(|(_, most)| calls > most) {
            fullest = Some((starts[first], calls));
        }
    }
    fullest.map(|(from, calls)| (from, from.plus(length), calls))
}

/// The fullest day or month of the limit's time zone.
fn fullest_of_calendar(
    limit: &Limit,
    window: Window,
    starts: &[Timestamp],
) -> Option<(Timestamp, Timestamp, u64)> {
    let mut fullest = None;
    let mut rest = starts;
    while let Some(first) = rest.first() {
        let (from, to) = bounds(limit, window, *first);
        // One call at least, so that this ends even where the calendar does.
        let inside = rest.partition_point(|at| *at < to).max(1);
        if fullest.is_none_or(|(_, _, most)| count(inside) > most) {
            fullest = Some((from, to, count(inside)));
        }
        rest = &rest[inside..];
    }
    fullest
}

fn count(calls: usize) -> u64 {
    u64::try_from(calls).unwrap_or(u64::MAX)
}
