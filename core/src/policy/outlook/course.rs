//! How the tasks of a limit's queues flow off: stretch by stretch, from one change to the next.

use std::time::Duration;

use super::Waiting;
use super::allowance::Allowance;
use super::door::Door;
use crate::time::Timestamp;

/// So much of a task is none.
const HAIR: f64 = 1e-6;

/// After so many stretches the rest is taken to go on as it did so far.
const MOST_STRETCHES: u32 = 20_000;

/// The end of time, in seconds: a century from now.
const CENTURY: f64 = 3.2e9;

/// The shortest step, in seconds and as a share of the time passed: a course must get on whatever numbers it is made of.
const STEP: f64 = 1e-9;
const SHARE: f64 = 1e-14;

/// What became of it.
pub(super) struct Course {
    ends: Vec<Option<Duration>>,
    used_up: Vec<Option<Duration>>,
}

/// A queue on its way to being empty.
struct Flowing<'a> {
    left: f64,
    weight: f64,
    door: Door<'a>,
    end: Option<f64>,
}

impl Course {
    /// Lets what waits flow off from `begin` on.
    pub(super) fn run(mut allowance: Allowance<'_>, begin: Timestamp, queues: &[Waiting<'_>]) -> Self {
        let mut queues: Vec<Flowing<'_>> = queues.iter().map(|queue| Flowing::new(queue, begin)).collect();
        let mut used_up: Vec<Option<f64>> = allowance.used_up(0.0).map(|_| None).collect();
        let all: f64 = queues.iter().map(|queue| queue.left).sum();
        let mut at = 0.0;
        for _ in 0..MOST_STRETCHES {
            for (noted, is_used_up) in used_up.iter_mut().zip(allowance.used_up(at)) {
                *noted = noted.or(is_used_up.then_some(at));
            }
            let Some(next) = step(&mut allowance, &mut queues, at) else {
                return Self::told(&queues, &used_up);
            };
            at = next;
        }
        let left: f64 = queues.iter().map(|queue| queue.left).sum();
        let end = at + left * at / (all - left).max(HAIR);
        queues.iter_mut().filter(|queue| queue.waits()).for_each(|queue| queue.end = Some(end));
        Self::told(&queues, &used_up)
    }

    fn told(queues: &[Flowing<'_>], used_up: &[Option<f64>]) -> Self {
        let end = |queue: &Flowing<'_>| queue.end.filter(|end| *end < CENTURY).map(length);
        Self {
            ends: queues.iter().map(end).collect(),
            used_up: used_up.iter().map(|at| at.map(length)).collect(),
        }
    }

    /// When this queue is empty, from the beginning; `None` if never.
    pub(super) fn end_of(&self, queue: usize) -> Option<Duration> {
        self.ends.get(queue).copied().flatten()
    }

    /// When each quota was used up for the first time, from the beginning.
    pub(super) fn used_up(&self) -> impl Iterator<Item = Option<Duration>> {
        self.used_up.iter().copied()
    }
}

/// One stretch: answers when it ends, or `None` where nothing is left to happen.
fn step(allowance: &mut Allowance<'_>, queues: &mut [Flowing<'_>], at: f64) -> Option<f64> {
    let stretch = allowance.stretch(at);
    let waiting = || queues.iter().filter(|queue| queue.waits());
    let doors = waiting().map(|queue| queue.door.until).fold(f64::INFINITY, f64::min);
    let weights: f64 = waiting().filter(|queue| queue.door.is_open).map(|queue| queue.weight).sum();
    waiting().next()?;
    let per_second = if weights > 0.0 { stretch.per_second } else { 0.0 };
    let emptied = |queue: &Flowing<'_>| at + queue.left * weights / (queue.weight * per_second);
    let flowing = queues.iter().filter(|queue| queue.waits() && queue.door.is_open && per_second > 0.0);
    let empty = flowing.map(emptied).fold(f64::INFINITY, f64::min);
    let next = stretch.until.min(doors).min(empty);
    if next > CENTURY {
        return None;
    }
    let next = next.max(at + STEP.max(at * SHARE));
    let seconds = next - at;
    allowance.pass(at, seconds, per_second);
    for queue in queues.iter_mut().filter(|queue| queue.waits()) {
        if queue.door.is_open && weights > 0.0 {
            queue.left -= per_second * seconds * queue.weight / weights;
        }
        if !queue.waits() {
            queue.end = Some(next);
        }
        queue.door.pass(next);
    }
    Some(next)
}

impl<'a> Flowing<'a> {
    fn new(queue: &Waiting<'a>, begin: Timestamp) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "an estimate")]
        let left = queue.tasks as f64;
        Self { left, weight: queue.weight.get().into(), door: Door::new(queue.schedule, begin), end: None }
    }

    fn waits(&self) -> bool {
        self.left > HAIR
    }
}

/// A length of so many seconds; at most a century.
pub(super) fn length(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds.clamp(0.0, CENTURY))
}
