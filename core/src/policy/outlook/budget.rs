//! What a quota lets pass as time goes on.

use std::collections::VecDeque;

use super::course::length;
use crate::limit::Limit;
use crate::policy::calendar::state::LimitState;
use crate::policy::calendar::windows::{self, Counted};
use crate::quota::{Quota, Window};
use crate::time::Timestamp;

/// Less than this isn't a call that is left, but what rounding has left.
const HAIR: f64 = 1e-6;

/// One quota on a course. Times are seconds from the beginning of the course.
pub(super) enum Budget<'a> {
    /// A day or a month.
    Calendar { limit: &'a Limit, quota: &'a Quota, begin: Timestamp, left: f64, ends: f64 },
    /// A window that slides.
    Sliding(Sliding),
}

/// A window that slides: it is full with what went in, which leaves it as fast as it came.
pub(super) struct Sliding {
    most: f64,
    inside: f64,
    /// How long a call stays.
    stay: f64,
    /// What leaves, in order.
    leaving: VecDeque<Flow>,
}

/// Calls that leave evenly.
#[derive(Clone, Copy)]
struct Flow {
    from: f64,
    until: f64,
    per_second: f64,
}

impl<'a> Budget<'a> {
    /// What the document says of a quota at `begin`.
    pub(super) fn new(limit: &'a Limit, quota: &'a Quota, state: &LimitState, begin: Timestamp) -> Self {
        match quota.window {
            Window::Sliding(_) => {
                Self::Sliding(Sliding::new(quota, windows::counted(quota, state, begin), begin))
            }
            Window::Day | Window::Month => {
                let usage = windows::usage(limit, quota, state, begin);
                let left = exact(quota.limit.get().saturating_sub(usage.used));
                Self::Calendar { limit, quota, begin, left, ends: usage.frees_at.since(begin).as_secs_f64() }
            }
        }
    }

    /// How many calls a second it lets pass at `at`, infinitely many as long as it isn't used up.
    pub(super) fn lets_pass(&self, at: f64) -> f64 {
        match self {
            Self::Calendar { left, .. } if *left > HAIR => f64::INFINITY,
            Self::Calendar { .. } => 0.0,
            Self::Sliding(own) if own.inside < own.most - HAIR => f64::INFINITY,
            Self::Sliding(own) => own.leaves(at),
        }
    }

    /// Until when it lets pass as much as at `at`, if so many calls a second pass.
    pub(super) fn until(&self, at: f64, per_second: f64) -> f64 {
        match self {
            Self::Calendar { left, ends, .. } if *left > HAIR && per_second > 0.0 => {
                (at + left / per_second).min(*ends)
            }
            Self::Calendar { ends, .. } => *ends,
            Self::Sliding(own) => own.until(at, per_second),
        }
    }

    /// Moves on by `seconds` in which so many calls a second passed.
    pub(super) fn pass(&mut self, at: f64, seconds: f64, per_second: f64) {
        match self {
            Self::Calendar { limit, quota, begin, left, ends } => {
                *left -= per_second * seconds;
                if at + seconds >= *ends {
                    *left = exact(quota.limit.get());
                    let next = begin.plus(length(*ends)).plus(std::time::Duration::from_millis(1));
                    let usage = windows::usage(limit, quota, &LimitState::default(), next);
                    *ends = usage.frees_at.since(*begin).as_secs_f64();
                }
            }
            Self::Sliding(own) => own.pass(at, seconds, per_second),
        }
    }
}

impl Sliding {
    fn new(quota: &Quota, counted: Counted, begin: Timestamp) -> Self {
        let stay = counted.stay.as_secs_f64();
        let width = counted.width.as_secs_f64().max(1e-9);
        let begin = begin.since(Timestamp::EPOCH).as_secs_f64();
        let flow = |(start, count): &(Timestamp, u64)| {
            let from = start.since(Timestamp::EPOCH).as_secs_f64() - begin + stay;
            Flow { from, until: from + width, per_second: exact(*count) / width }
        };
        let leaving: VecDeque<Flow> =
            counted.calls.iter().map(flow).filter(|flow| flow.until > 0.0).collect();
        let ahead = |flow: &Flow| (flow.until - flow.from.max(0.0)) * flow.per_second;
        Self { most: exact(quota.limit.get()), inside: leaving.iter().map(ahead).sum(), stay, leaving }
    }

    /// How many calls a second leave at `at`: the last counted before the course began may overlap with its first.
    fn leaves(&self, at: f64) -> f64 {
        self.begun(at).map(|flow| flow.per_second).sum()
    }

    fn begun(&self, at: f64) -> impl Iterator<Item = &Flow> {
        let begun = self.leaving.iter().take_while(move |flow| flow.from <= at + HAIR);
        begun.filter(move |flow| flow.until > at + HAIR)
    }

    fn until(&self, at: f64, per_second: f64) -> f64 {
        if self.peak(at, per_second) <= self.most - HAIR {
            return f64::INFINITY;
        }
        let next = self.leaving.iter().find(|flow| flow.from > at + HAIR).map(|flow| flow.from);
        let edge = self.begun(at).map(|flow| flow.until).chain(next).fold(at + self.stay, f64::min);
        let grows = per_second - self.leaves(at);
        let is_full = self.inside >= self.most - HAIR;
        let full =
            if grows > 0.0 && !is_full { at + (self.most - self.inside) / grows } else { f64::INFINITY };
        full.min(edge)
    }

    /// The most it will ever hold if from now on so many calls a second pass. After one stay nothing changes any more.
    fn peak(&self, at: f64, per_second: f64) -> f64 {
        let (mut inside, mut peak, mut time) = (self.inside, self.inside, at);
        for flow in &self.leaving {
            let (from, until) = (flow.from.max(time), flow.until.max(time));
            inside += per_second * (from - time);
            peak = peak.max(inside);
            inside += (per_second - flow.per_second) * (until - from);
            (peak, time) = (peak.max(inside), until);
        }
        peak.max(inside + per_second * (at + self.stay - time).max(0.0))
    }

    fn pass(&mut self, at: f64, seconds: f64, per_second: f64) {
        let flow = Flow { from: at + self.stay, until: at + seconds + self.stay, per_second };
        if seconds >= self.stay {
            // What was inside has left, and so has the beginning of what came.
            self.inside = (per_second * self.stay).min(self.most);
            self.leaving = VecDeque::from([Flow { from: at + seconds, ..flow }]);
            return;
        }
        let within = |flow: &Flow| (flow.until.min(at + seconds) - flow.from.max(at)).max(0.0);
        let gone: f64 = self.leaving.iter().map(|flow| within(flow) * flow.per_second).sum();
        self.inside = (self.inside + per_second * seconds - gone).clamp(0.0, self.most);
        match self.leaving.back_mut() {
            Some(last) if (last.per_second - per_second).abs() < HAIR && flow.from <= last.until + HAIR => {
                last.until = flow.until;
            }
            _ if per_second > 0.0 => self.leaving.push_back(flow),
            _ => {}
        }
        while self.leaving.front().is_some_and(|flow| flow.until <= at + seconds + HAIR) {
            self.leaving.pop_front();
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "an estimate")]
fn exact(count: u64) -> f64 {
    count as f64
}
