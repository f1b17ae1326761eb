//! How many drainers there should be, how many to start for that, and the cap that lets them run.
//!
//! Nothing is remembered but what the limit's document holds, so that any number of deciders come to one decision:
//! who writes the document has decided, the others find it decided.

use super::need::{Need, need};
use super::reading::{Cap, Reading};
use super::tempo::Tempo;
use crate::limit::Limit;
use crate::policy::calendar::state::{LimitState, Scaling};
use crate::policy::calendar::{holders, windows};
use crate::quota::Quota;
use crate::time::Timestamp;

/// How many low readings in a row it takes to go down.
pub const LOWS: u8 = 3;

/// A cool-down longer than this is worth no drainer that would only wait for its end.
const LONG_COOL_DOWN: std::time::Duration = std::time::Duration::from_secs(60);

/// What is to be done about a limit's drainers, and from what that follows. In this order: write `next`, raise the
/// cap, start, lower the cap.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// How many drainers there should be; at most `max`.
    pub desired: u32,
    /// How many to start now.
    pub start: u32,
    /// The cap to set, from 1 to `max`; `None` where it stays as it is.
    pub cap: Option<u32>,
    /// What to note in the limit's document before anything else is done; `None` where that says it already.
    pub next: Option<Scaling>,
    /// How it came to this number.
    pub step: Step,
    /// How many are of use.
    pub need: Need,
    /// How many there are.
    pub crew: Crew,
}

/// How a decision relates to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// More than before.
    Up,
    /// As before.
    Same,
    /// As before for now, though fewer would do: so many readings in a row said so.
    Low(u8),
    /// Fewer than before.
    Down,
    /// Nothing may change.
    Held(Held),
}

/// Why nothing may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The configuration says that nobody is started by a reading.
    ByConfiguration,
    /// The limit is paused by hand, until then if it ends by itself.
    Paused(Option<Timestamp>),
    /// The API asked for a long pause, until then.
    Cooling(Timestamp),
    /// A quota is used up, until then.
    QuotaFull(Quota, Timestamp),
    /// An open queue could not be measured, and what is known of the others wants no more. Who ends is replaced all the
    /// same, for there may be work left.
    Unmeasured,
}

/// How many drainers a limit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crew {
    /// At work now.
    pub at_work: u32,
    /// Of those, how many end before another could take over at the next reading.
    pub ending: u32,
    /// Started a moment ago and not seen at work yet.
    pub coming: u32,
}

/// What is to be done about the drainers of `limit`, whose document is `state`.
///
/// A pure function: it holds once `next` is written by compare-and-swap; on conflict, ask again with the document found.
pub fn decide(limit: &Limit, state: &LimitState, reading: &Reading, tempo: Tempo) -> Decision {
    let need = need(limit, state, reading, tempo);
    let crew = crew(state, reading.at, tempo);
    let max = limit.drainers.max.get();
    let last = state.scaling.as_ref();
    let before = last.map_or(0, |last| last.desired).min(max);
    if let Some(held) = held(limit, state, reading, tempo) {
        let step = Step::Held(held);
        return Decision { desired: before, start: 0, cap: None, next: None, step, need, crew };
    }
    let (step, desired) = step(last, before, &need, crew, reading, tempo);
    let start = start(last, desired, &need, crew, reading, tempo).min(max.saturating_sub(crew.total()));
    let wanted = desired.max(crew.total().saturating_add(start)).clamp(1, max);
    let is_held = start == 0 && matches!(step, Step::Held(_));
    let cap = if is_held { None } else { cap(reading.cap, step, wanted, max) };
    let next = next(last, reading.at, Written { desired, start, step, crew, need: &need });
    Decision { desired, start, cap, next, step, need, crew }
}

impl Crew {
    /// All of them.
    pub fn total(&self) -> u32 {
        self.at_work.saturating_add(self.coming)
    }

    /// Those that can be counted on until the next reading's drainers are at work.
    pub fn staying(&self) -> u32 {
        self.total().saturating_sub(self.ending)
    }
}

fn held(limit: &Limit, state: &LimitState, reading: &Reading, tempo: Tempo) -> Option<Held> {
    let now = reading.at;
    if !limit.drainers.autoscale {
        return Some(Held::ByConfiguration);
    }
    if let Some(pause) = state.pause_at(now) {
        return Some(Held::Paused(pause.until));
    }
    if let Some(cool) = state.cool_down.as_ref().filter(|cool| cool.until > now.plus(LONG_COOL_DOWN)) {
        return Some(Held::Cooling(cool.until));
    }
    let full = |quota: &Quota| {
        let usage = windows::usage(limit, quota, state, now);
        let long = usage.frees_at > now.plus(tempo.tick);
        (usage.used >= quota.limit.get() && long).then_some(Held::QuotaFull(*quota, usage.frees_at))
    };
    limit.quotas.iter().find_map(full)
}

fn crew(state: &LimitState, now: Timestamp, tempo: Tempo) -> Crew {
    let handed_over_by = now.plus(tempo.handover());
    let ends = |ends_at: Option<Timestamp>| ends_at.is_some_and(|ends_at| ends_at <= handed_over_by);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let at_work = count(holders::alive(state, now).count());
    let ending = count(holders::alive(state, now).filter(|holder| ends(holder.ends_at)).count());
    let started = state.scaling.as_ref().filter(|last| now < last.started_at.plus(tempo.startup));
    let unseen = |last: &Scaling| last.started.saturating_sub(at_work.saturating_sub(last.at_work));
    Crew { at_work, ending, coming: started.map_or(0, unseen) }
}

/// Up at once; down after three low readings in a row, each a while after the last.
fn step(
    last: Option<&Scaling>,
    before: u32,
    need: &Need,
    crew: Crew,
    reading: &Reading,
    tempo: Tempo,
) -> (Step, u32) {
    if need.least > before {
        return (Step::Up, need.least);
    }
    if reading.unmeasured().next().is_some() {
        return (Step::Held(Held::Unmeasured), before);
    }
    let lows = last.map_or(0, |last| last.lows);
    let is_low = need.most < before && before - need.most >= (before / 10).max(1);
    let is_idle = before == 0 && need.most == 0 && crew.total() == 0;
    let cap_is_high = is_idle && matches!(reading.cap, Cap::At(cap) if cap > 1);
    if !is_low && !cap_is_high {
        // Arrivals that aren't known break no row of low readings and don't make one longer.
        let lows = if need.least < need.most { lows } else { 0 };
        return (if lows == 0 { Step::Same } else { Step::Low(lows) }, before);
    }
    let is_another = last.is_none_or(|last| reading.at >= last.at.plus(tempo.spacing()));
    match lows.saturating_add(u8::from(is_another)) {
        LOWS.. => (Step::Down, need.most),
        0 => (Step::Same, before),
        lows => (Step::Low(lows), before),
    }
}

/// As many as this reading has a use for: a low one starts no more than that. Where nothing is seen to wait, but
/// there may be work left, who ends is replaced: tasks that come one by one are called before they are counted.
fn start(
    last: Option<&Scaling>,
    desired: u32,
    need: &Need,
    crew: Crew,
    reading: &Reading,
    tempo: Tempo,
) -> u32 {
    let may_go_on = need.in_flight > 0 || reading.unmeasured().next().is_some();
    let is_replaced = last.is_some_and(|last| reading.at < last.started_at.plus(tempo.handover()));
    let aim = match need.waiting {
        0 if may_go_on && !is_replaced => desired.min(crew.at_work),
        0 => 0,
        _ => desired.min(need.most),
    };
    aim.saturating_sub(crew.staying())
}

/// Raised as soon as more is wanted; lowered only with the number of drainers, so that it is seldom written.
fn cap(now: Cap, step: Step, wanted: u32, max: u32) -> Option<u32> {
    match now {
        Cap::Unknown => None,
        Cap::Unset => Some(wanted),
        Cap::At(cap) if cap < wanted => Some(wanted),
        Cap::At(cap) if cap > wanted && step == Step::Down => Some(wanted),
        Cap::At(cap) => (cap > max).then_some(max),
    }
}

/// What a decision writes down.
struct Written<'a> {
    desired: u32,
    start: u32,
    step: Step,
    crew: Crew,
    need: &'a Need,
}

fn next(last: Option<&Scaling>, now: Timestamp, written: Written<'_>) -> Option<Scaling> {
    let Written { desired, start, step, crew, need } = written;
    let before = last.cloned().unwrap_or(Scaling {
        at: now,
        desired: 0,
        lows: 0,
        started: 0,
        started_at: Timestamp::EPOCH,
        at_work: 0,
        latency_ms: 0,
    });
    let lows = match step {
        Step::Low(lows) => lows,
        Step::Held(_) => before.lows,
        Step::Up | Step::Same | Step::Down => 0,
    };
    let mut next = Scaling { desired, lows, ..before.clone() };
    if start > 0 {
        next.started = start.saturating_add(crew.coming);
        (next.started_at, next.at_work) = (now, crew.at_work);
    }
    if next != before {
        next.at = now;
    }
    let seen = need.latency.map_or(0, |latency| u32::try_from(latency.as_millis()).unwrap_or(u32::MAX));
    // Small changes of it aren't worth a write.
    if next != before || seen.abs_diff(before.latency_ms) > before.latency_ms / 4 {
        next.latency_ms = seen;
    }
    (next != before).then_some(next)
}
