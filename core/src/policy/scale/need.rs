//! How many drainers are of use: the rate that is wanted, and Little's law.

use std::num::NonZeroU32;
use std::time::Duration;

use super::reading::Reading;
use super::tempo::Tempo;
use crate::limit::Limit;
use crate::policy::calendar::state::LimitState;
use crate::policy::calendar::{holders, pace, windows};
use crate::policy::permits;
use crate::quota::{Quota, Window};

/// How long calls are taken to last where none has been seen: an API that is slower gets more at the next reading.
const UNSEEN_LATENCY: Duration = Duration::from_secs(1);

/// How many drainers are of use, and what that was worked out from.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// Tasks that may be received now, in the open queues that were measured.
    pub waiting: u64,
    /// Tasks received and not settled, there.
    pub in_flight: u64,
    /// Tasks sent a second; `None` where it isn't known.
    pub arrivals: Option<f64>,
    /// The calls a second that the limit allows now, pace and quotas together; infinite where it has neither.
    pub pace: f64,
    /// The calls a second that are wanted at least: what arrives, and the backlog over the time it may take.
    pub wanted: f64,
    /// The latency seen: that of the drainers at work, or the last one noted. `None` where there was none.
    pub latency: Option<Duration>,
    /// How many calls one drainer keeps in flight.
    pub each: NonZeroU32,
    /// How many drainers are of use at least; at most `max`.
    pub least: u32,
    /// How many may be of use, by all that isn't known; at most `max`.
    pub most: u32,
}

/// How many drainers of `limit` are of use.
pub fn need(limit: &Limit, state: &LimitState, reading: &Reading, tempo: Tempo) -> Need {
    let backlog = reading.backlog();
    let pace = pace_within(limit, state, reading, tempo.tick);
    let latency = latency(state, reading);
    let each = permits::per_drainer(limit);
    let held = backlog.ready.saturating_add(backlog.in_flight);
    let target = limit.drainers.target_drain.as_secs_f64().max(1.0);
    let wanted = (reading.arrivals.unwrap_or(0.0) + count(held) / target).min(pace);
    let drainers = |wanted| drainers_for(limit, wanted, latency.unwrap_or(UNSEEN_LATENCY), each);
    let least = if held == 0 { 0 } else { drainers(wanted) };
    let most = if reading.unmeasured().next().is_some() || held > 0 && reading.arrivals.is_none() {
        drainers(pace)
    } else {
        least
    };
    let (waiting, in_flight) = (backlog.ready, backlog.in_flight);
    Need { waiting, in_flight, arrivals: reading.arrivals, pace, wanted, latency, each, least, most }
}

impl Need {
    /// Whether knowing how many tasks arrive could make another need of it: looking them up costs money.
    pub fn depends_on_arrivals(&self) -> bool {
        self.waiting > 0 && self.arrivals.is_none() && self.least < self.most
    }
}

/// How many drainers keep as many calls in flight as `wanted` a second takes; at least 1, at most `max`.
fn drainers_for(limit: &Limit, wanted: f64, latency: Duration, each: NonZeroU32) -> u32 {
    let cap = limit.max_in_flight.map_or(f64::INFINITY, |cap| f64::from(cap.get()));
    // A hair less, so that what fits exactly isn't one too many by a rounding.
    let in_flight = (wanted * latency.as_secs_f64().max(0.001) * (1.0 - 1e-9)).min(cap);
    let useful = in_flight / f64::from(each.get());
    whole(useful.ceil().clamp(1.0, f64::from(limit.drainers.max.get())))
}

/// The calls a second that pace and quotas allow in the next `ahead`.
fn pace_within(limit: &Limit, state: &LimitState, reading: &Reading, ahead: Duration) -> f64 {
    let paced = pace::at_next_call(limit, state, reading.at).per_second().unwrap_or(f64::INFINITY);
    limit.quotas.iter().fold(paced, |pace, quota| pace.min(left(limit, quota, state, reading, ahead)))
}

/// What a quota leaves a second: short windows come round, of long ones only what is left can be used.
fn left(limit: &Limit, quota: &Quota, state: &LimitState, reading: &Reading, ahead: Duration) -> f64 {
    let ahead = ahead.as_secs_f64().max(1.0);
    match quota.window {
        Window::Sliding(length) if length.as_secs_f64() <= ahead => {
            count(quota.limit.get()) / length.as_secs_f64()
        }
        _ => {
            let used = windows::usage(limit, quota, state, reading.at).used;
            count(quota.limit.get().saturating_sub(used)) / ahead
        }
    }
}

/// The middle one of what the drainers at work see: one that has just begun must not size the others.
fn latency(state: &LimitState, reading: &Reading) -> Option<Duration> {
    let mut seen: Vec<u32> = holders::alive(state, reading.at).map(|holder| holder.latency_ms).collect();
    seen.retain(|latency| *latency > 0);
    seen.sort_unstable();
    let noted = state.scaling.as_ref().map(|scaling| scaling.latency_ms).filter(|latency| *latency > 0);
    let middle = seen.get(seen.len() / 2).copied().or(noted)?;
    Some(Duration::from_millis(middle.into()))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of 1 to u32::MAX")]
fn whole(number: f64) -> u32 {
    number as u32
}

#[allow(clippy::cast_precision_loss, reason = "for sizing only")]
fn count(number: u64) -> f64 {
    number as f64
}
