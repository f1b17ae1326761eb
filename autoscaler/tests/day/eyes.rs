//! What can be seen of queues from outside: late, inexact, and now and then not at all.

use std::collections::VecDeque;

use jobq_core::policy::scale::reading::{Backlog, QueueReading};
use jobq_core::policy::schedule::Openness;

use crate::api::Tasks;
use crate::chance::Chance;
use crate::tasks::{MINUTE, QUEUES, SECOND};

/// How late a count may be, in seconds.
const LAG: u64 = 60;

/// How late the minutes of the past are known.
const PAST_LAG: u64 = 3 * MINUTE;

/// How many of a hundred counts can't be had, and how many of a hundred looks at the past.
const MISSING: u64 = 3;
const PAST_MISSING: u64 = 20;

/// The last minutes of the queues.
#[derive(Debug, Default)]
pub(crate) struct Eyes {
    /// Waiting and in flight, by queue, each second; the newest last.
    depths: VecDeque<[(u64, u64); QUEUES]>,
    /// Tasks sent in all, each second.
    sent: VecDeque<u64>,
}

impl Eyes {
    /// Takes note of a second.
    pub(crate) fn note(&mut self, tasks: &Tasks) {
        self.depths.push_back(std::array::from_fn(|queue| tasks.depth(queue)));
        self.sent.push_back(tasks.sent.iter().sum());
        if self.depths.len() as u64 > LAG + 1 {
            self.depths.pop_front();
        }
        if self.sent.len() as u64 > (PAST_LAG + 10 * MINUTE) / SECOND {
            self.sent.pop_front();
        }
    }

    /// What is seen of each queue now: up to a minute old, up to five in a hundred off.
    pub(crate) fn queues(&self, chance: &mut Chance) -> Vec<QueueReading> {
        let backlog = |queue: usize, chance: &mut Chance| {
            let age = usize::try_from(chance.below(LAG + 1)).unwrap();
            let (ready, in_flight) = self.depths[self.depths.len().saturating_sub(1 + age)][queue];
            let off = |count: u64, chance: &mut Chance| count * (95 + chance.below(11)) / 100;
            let ready = off(ready, chance).max(u64::from(ready > 0));
            Backlog { ready, in_flight: off(in_flight, chance), delayed: 0 }
        };
        let reading = |queue: usize| QueueReading {
            queue: format!("queue-{queue}").parse().unwrap(),
            openness: Openness::Always,
            backlog: (!chance.hits(MISSING)).then(|| backlog(queue, chance)),
        };
        (0..QUEUES).map(reading).collect()
    }

    /// Tasks a second, over the minutes that are known by now.
    pub(crate) fn arrivals(&self, chance: &mut Chance) -> Option<f64> {
        let known = self.sent.len().checked_sub(usize::try_from(PAST_LAG / SECOND).unwrap())?;
        let (first, last) = (self.sent.front()?, self.sent.get(known.checked_sub(1)?)?);
        (!chance.hits(PAST_MISSING)).then(|| (last - first) as f64 / known as f64)
    }
}
