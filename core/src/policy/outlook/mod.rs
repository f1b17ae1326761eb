//! When queues will be empty: what the limit allows from now on, played through for what waits now.
//!
//! It is played twice. At the pace allowed it takes at least so long: the limit can't be drained faster. At the pace
//! that was seen lately it takes longer, by whatever keeps the drainers from the pace allowed: a slow API, failed
//! attempts, too few permits. What will still be pushed isn't known, and isn't in it.
//!
//! Tasks flow, as it were, instead of being called one by one (`course`), through whatever lets them pass: the pace,
//! which changes with overrides, cool-downs and recoveries, and the quotas' windows (`allowance`); each queue by its
//! weight, when it is open (`door`).

mod allowance;
mod budget;
mod course;
mod door;

use std::num::NonZeroU32;
use std::time::Duration;

use crate::limit::Limit;
use crate::opening::Opening;
use crate::policy::calendar::pace::effective;
use crate::policy::calendar::phases::begun;
use crate::policy::calendar::state::{LimitState, QueuePause};
use crate::policy::schedule::{Openness, openness};
use crate::quota::{Quota, Window};
use crate::time::Timestamp;
use allowance::{Allowance, Speed};
use course::Course;

/// A quota of a shorter window is a part of the pace, and nothing to be told of when it is used up.
const SHORT: Duration = Duration::from_secs(3_600);

/// What waits in a queue.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// Tasks to be called: ready, in flight and delayed.
    pub tasks: u64,
    /// The queue's share of the limit beside the limit's other queues.
    pub weight: NonZeroU32,
    /// When it may be drained; always, where this is empty.
    pub schedule: &'a [Opening],
    /// How much longer the backend keeps the oldest of them, where it forgets.
    pub kept_for: Option<Duration>,
    /// Its pause by hand, if it is paused.
    pub pause: Option<&'a QueuePause>,
}

/// When a queue will be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eta {
    /// It is.
    Empty,
    /// Nobody knows: the queue or its limit is paused by hand.
    Paused {
        /// When the pause ends by itself, if it does.
        until: Option<Timestamp>,
    },
    /// From now.
    In {
        /// At the pace that the limit allows.
        least: Duration,
        /// At the pace seen lately; `None` where nothing was seen.
        most: Option<Duration>,
    },
    /// As far as can be told: it has no opening to come.
    Never,
}

/// Why somebody should look at a queue before it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// The backend may have forgotten some of its tasks by then.
    Forgotten {
        /// The first of them then.
        at: Timestamp,
    },
    /// A quota will be used up first, and have it wait.
    UsedUp {
        /// Which one.
        quota: Quota,
        /// When.
        at: Timestamp,
    },
    /// It closes first.
    Closes {
        /// When.
        at: Timestamp,
    },
}

/// What lies ahead of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// When it will be empty.
    pub eta: Eta,
    /// Why somebody should look at it before.
    pub concerns: Vec<Concern>,
}

/// What lies ahead of the queues of a limit, in their order. `seen` is how many of its tasks have ended a second lately,
/// if any have.
pub fn outlook<'a>(
    limit: &Limit,
    state: &LimitState,
    now: Timestamp,
    queues: &[Waiting<'a>],
    seen: Option<f64>,
) -> Vec<Outlook> {
    if let Some(pause) = state.pause_at(now) {
        return queues.iter().map(|queue| paused(queue, pause.until)).collect();
    }
    let state = &*begun(limit, state, now);
    // What a paused queue holds takes nothing from the others.
    let awake =
        |queue: &Waiting<'a>| if queue.pause.is_some() { Waiting { tasks: 0, ..*queue } } else { *queue };
    let awake: Vec<Waiting<'a>> = queues.iter().map(awake).collect();
    let play = |speed| Course::run(Allowance::new(limit, state, now, speed), now, &awake);
    let least = play(Speed::Allowed);
    let most = speed_seen(limit, state, now, seen).map(play);
    let ahead = |(number, queue): (usize, &Waiting<'_>)| {
        if let Some(pause) = queue.pause {
            return paused(queue, pause.until);
        }
        if queue.tasks == 0 {
            return Outlook { eta: Eta::Empty, concerns: Vec::new() };
        }
        let Some(end) = least.end_of(number) else {
            return Outlook { eta: Eta::Never, concerns: Vec::new() };
        };
        let late = most.as_ref().and_then(|most| most.end_of(number));
        let slower = if late.is_some() { most.as_ref().unwrap_or(&least) } else { &least };
        let concerns = concerns(limit, queue, now, late.unwrap_or(end), slower);
        // Never less than what is allowed, which rounding could make it.
        Outlook { eta: Eta::In { least: end, most: late.map(|late| late.max(end)) }, concerns }
    };
    queues.iter().enumerate().map(ahead).collect()
}

fn paused(queue: &Waiting<'_>, until: Option<Timestamp>) -> Outlook {
    let eta = if queue.tasks == 0 { Eta::Empty } else { Eta::Paused { until } };
    Outlook { eta, concerns: Vec::new() }
}

/// The speed of which `seen` tasks a second are a sign: a share of the pace now, or a pace where there is none.
fn speed_seen(limit: &Limit, state: &LimitState, now: Timestamp, seen: Option<f64>) -> Option<Speed> {
    let seen = seen.filter(|seen| *seen > 0.0)?;
    Some(match effective(limit, state, now).per_second() {
        Some(allowed) => Speed::Share((seen / allowed).min(1.0)),
        None => Speed::AtMost(seen),
    })
}

fn concerns(
    limit: &Limit,
    queue: &Waiting<'_>,
    now: Timestamp,
    end: Duration,
    course: &Course,
) -> Vec<Concern> {
    let end = now.plus(end);
    let mut concerns = Vec::new();
    let forgotten = queue.kept_for.map(|kept_for| now.plus(kept_for));
    concerns.extend(forgotten.filter(|at| *at < end).map(|at| Concern::Forgotten { at }));
    for (quota, at) in limit.quotas.iter().zip(course.used_up()) {
        if let Some(at) = at.map(|at| now.plus(at)).filter(|at| *at < end && is_long(quota)) {
            concerns.push(Concern::UsedUp { quota: *quota, at });
        }
    }
    if let Openness::Open { until } = openness(queue.schedule, now)
        && until < end
    {
        concerns.push(Concern::Closes { at: until });
    }
    concerns
}

fn is_long(quota: &Quota) -> bool {
    match quota.window {
        Window::Sliding(length) => length >= SHORT,
        Window::Day | Window::Month => true,
    }
}
