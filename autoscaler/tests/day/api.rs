//! Queues, limit and calls: what drainers do with tasks, in steps of a tenth of a second.

use std::collections::VecDeque;

use crate::tasks::{GROWS, KINDS, QUEUE, QUEUES};

/// The time from step to step, in milliseconds.
pub(crate) const STEP: u64 = 100;

/// The tasks there are, by kind, and the slots of the limit.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) waiting: [u64; KINDS],
    pub(crate) in_flight: [u64; KINDS],
    /// Tasks sent so far, by queue.
    pub(crate) sent: [u64; QUEUES],
    pub(crate) calls: u64,
    slots: f64,
}

/// Calls under way.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    /// When they end, their kind, how many.
    groups: VecDeque<(u64, usize, u64)>,
    pub(crate) count: u64,
}

impl Tasks {
    pub(crate) fn add(&mut self, kind: usize, count: u64) {
        self.waiting[kind] += count;
        self.sent[QUEUE[kind]] += count;
    }

    pub(crate) fn total_waiting(&self) -> u64 {
        self.waiting.iter().sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.total_waiting() + self.in_flight.iter().sum::<u64>() == 0
    }

    /// What a queue holds: waiting, and in flight.
    pub(crate) fn depth(&self, queue: usize) -> (u64, u64) {
        let of_queue = |counts: &[u64; KINDS]| {
            counts.iter().zip(QUEUE).filter(|(_, own)| *own == queue).map(|(count, _)| *count).sum()
        };
        (of_queue(&self.waiting), of_queue(&self.in_flight))
    }

    /// The slots of this step. Those of the last one that nobody used are lost.
    pub(crate) fn open_slots(&mut self, per_second: f64) -> u64 {
        self.slots = self.slots.fract() + per_second * STEP as f64 / 1_000.0;
        self.slots as u64
    }

    /// Starts up to `room` calls that end at `end`, from the queues in turn; tells how many.
    pub(crate) fn call(&mut self, room: u64, end: u64, calls: &mut Calls) -> u64 {
        let mut started = 0;
        while started < room && self.total_waiting() > 0 {
            let queues = (0..QUEUES).filter(|queue| self.depth(*queue).0 > 0).count() as u64;
            let share = (room - started).div_ceil(queues);
            for queue in 0..QUEUES {
                let Some(kind) = (0..KINDS).find(|kind| QUEUE[*kind] == queue && self.waiting[*kind] > 0)
                else {
                    continue;
                };
                let count = share.min(self.waiting[kind]).min(room - started);
                if count > 0 {
                    self.waiting[kind] -= count;
                    self.in_flight[kind] += count;
                    calls.groups.push_back((end, kind, count));
                    calls.count += count;
                    started += count;
                }
            }
        }
        self.calls += started;
        started
    }

    /// Takes in the calls that have ended by `now`: what grew from them waits.
    pub(crate) fn end_calls(&mut self, now: u64, calls: &mut Calls) {
        while let Some((_, kind, count)) = calls.groups.pop_front_if(|(end, _, _)| *end <= now) {
            calls.count -= count;
            self.in_flight[kind] -= count;
            if GROWS[kind] > 0 {
                self.add(kind + 1, count * GROWS[kind]);
            }
        }
    }
}
