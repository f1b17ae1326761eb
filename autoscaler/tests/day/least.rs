//! The least drainer time in which a day's tasks can be called as fast as the limit allows.

use crate::api::{Calls, STEP, Tasks};
use crate::crew::PATIENCE;
use crate::tasks::{DAY, MINUTE, Push};

/// What a day takes at least.
#[derive(Debug)]
pub(crate) struct Least {
    /// Drainer time, in seconds.
    pub(crate) drainer_seconds: f64,
    /// Stretches of time with something to do, each a while after the one before.
    pub(crate) stretches: u32,
}

/// Nothing to do for so long makes two stretches of one: less can't be told from one low reading too few.
const APART: u64 = 2 * MINUTE;

/// What one who knows all would take: drainers begin at once, may be split, and hold exactly the calls that are in
/// flight. At least one is there while anything is to be done, and each time it takes the same patience to see that
/// nothing more comes. Who begins late can take a little less: pushes that waited together share that patience.
pub(crate) fn least(pushes: &[Push], per_second: f64, latency: u64, each: u32) -> Least {
    let (mut tasks, mut calls) = (Tasks::default(), Calls::default());
    let mut pushes = pushes.iter().peekable();
    let mut least = Least { drainer_seconds: 0.0, stretches: 0 };
    let mut busy_at = None;
    let mut now = 0;
    while now < DAY {
        while let Some(push) = pushes.next_if(|push| push.at <= now) {
            tasks.add(push.kind, push.count);
        }
        if !tasks.is_empty() {
            tasks.end_calls(now, &mut calls);
            let slots = tasks.open_slots(per_second);
            tasks.call(slots, now + latency, &mut calls);
            least.stretches += u32::from(busy_at.is_none_or(|busy_at| now >= busy_at + APART));
            busy_at = Some(now);
        }
        if busy_at.is_some_and(|busy_at| now < busy_at + PATIENCE) {
            let drainers = calls.count as f64 / f64::from(each);
            least.drainer_seconds += drainers.max(1.0) * STEP as f64 / 1_000.0;
            now += STEP;
        } else {
            now = pushes.peek().map_or(DAY, |push| push.at);
        }
    }
    assert!(tasks.is_empty());
    least
}
