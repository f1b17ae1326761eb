//! The tasks of a day: what is pushed when, and what grows from it.

use crate::chance::Chance;

/// Milliseconds.
pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// Kinds of tasks. Each of the first four grows into several of the next; the last is also what is pushed by hand.
pub(crate) const KINDS: usize = 5;

/// How many tasks of the next kind one makes when its call has ended: 1, 40, 1,600, 12,800, 51,200.
pub(crate) const GROWS: [u64; KINDS] = [40, 40, 8, 4, 0];

/// Which queue a kind lies in: three queues share the limit.
pub(crate) const QUEUE: [usize; KINDS] = [0, 0, 1, 1, 2];
pub(crate) const QUEUES: usize = 3;

/// Tasks pushed at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Push {
    pub(crate) at: u64,
    pub(crate) kind: usize,
    pub(crate) count: u64,
}

/// The talk's day: one task at night grows to 65,641 in nested waves; forty-odd smaller pushes, an hour in which one
/// task comes each minute and a half, half an hour of five a second.
pub(crate) fn pushes(seed: u64) -> Vec<Push> {
    let mut chance = Chance::new(seed);
    let mut pushes = vec![Push { at: 2 * HOUR, kind: 0, count: 1 }];
    let small = (0..40).map(|_| {
        let at = 4 * HOUR + chance.below(12 * 3_600) * SECOND;
        Push { at, kind: 4, count: 1 + chance.below(400) }
    });
    pushes.extend(small);
    pushes.extend((0..40).map(|number| Push { at: 18 * HOUR + number * 90 * SECOND, kind: 4, count: 1 }));
    pushes.extend((0..1_800).map(|number| Push { at: 20 * HOUR + number * SECOND, kind: 4, count: 5 }));
    pushes.sort_by_key(|push| push.at);
    pushes
}

/// How many calls these come to with all that grows from them.
pub(crate) fn calls(pushes: &[Push]) -> u64 {
    let grown = |push: &Push| {
        let mut generation = push.count;
        GROWS[push.kind..].iter().fold(0, |sum, grows| {
            let sum = sum + generation;
            generation *= grows;
            sum
        })
    };
    pushes.iter().map(grown).sum()
}
