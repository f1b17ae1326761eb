//! Drainers as they come and go: started somewhere else, capped, bounded in time.

use jobq_core::policy::calendar::state::Holder;
use jobq_core::time::Timestamp;

use crate::api::{Calls, Tasks};
use crate::chance::Chance;
use crate::tasks::SECOND;

/// How long a drainer runs at most.
pub(crate) const RUN: u64 = 900 * SECOND;

/// How long before its end a drainer starts no call any more, beside the time a call takes.
const STOP_MARGIN: u64 = 10 * SECOND;

/// How long nothing may come before a drainer ends: one long poll.
pub(crate) const PATIENCE: u64 = 20 * SECOND;

/// A start that found no room is tried again for this long.
const START_AGE: u64 = 60 * SECOND;

/// After how long a drainer is seen in the limit's document.
const UNSEEN: u64 = SECOND;

#[derive(Debug)]
pub(crate) struct Drainer {
    pub(crate) began: u64,
    pub(crate) ends_at: u64,
    calls: Calls,
    has_called: bool,
    busy_at: u64,
}

#[derive(Debug)]
struct Start {
    asked: u64,
    due: u64,
}

/// All drainers, and those on their way.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) cap: u32,
    pub(crate) drainers: Vec<Drainer>,
    starts: Vec<Start>,
    each: u64,
    latency: u64,
}

impl Crew {
    pub(crate) fn new(each: u32, latency: u64) -> Self {
        Self { cap: 1, drainers: Vec::new(), starts: Vec::new(), each: each.into(), latency }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.drainers.is_empty() && self.starts.is_empty()
    }

    /// At work or on the way, those left out that end within `ahead` of `now`.
    pub(crate) fn staying(&self, now: u64, ahead: u64) -> u32 {
        let staying = self.drainers.iter().filter(|drainer| drainer.ends_at > now + ahead).count();
        u32::try_from(staying + self.starts.len()).unwrap()
    }

    /// One more is to come, in half a second to three.
    pub(crate) fn start(&mut self, now: u64, chance: &mut Chance) {
        self.starts.push(Start { asked: now, due: now + 500 + chance.below(2_500) });
    }

    /// Those who are due begin, if the cap lets them; if not, they come again, twice as late each time.
    pub(crate) fn begin(&mut self, now: u64) {
        for start in std::mem::take(&mut self.starts) {
            if start.due > now {
                self.starts.push(start);
            } else if (self.drainers.len() as u64) < u64::from(self.cap) {
                let ends_at = now + RUN;
                let calls = Calls::default();
                self.drainers.push(Drainer { began: now, ends_at, calls, has_called: false, busy_at: now });
            } else if now - start.asked < START_AGE {
                self.starts.push(Start { due: now + (now - start.asked).max(SECOND), ..start });
            }
        }
    }

    /// Calls end, calls start in this step's slots, and drainers leave; tells how many calls were started.
    pub(crate) fn work(&mut self, now: u64, tasks: &mut Tasks, slots: u64) -> u64 {
        self.drainers.iter_mut().for_each(|drainer| tasks.end_calls(now, &mut drainer.calls));
        let (mut left, mut parts) = (slots, self.drainers.len() as u64);
        // Each has a fair part; in a second round those who can take what others couldn't.
        for round in 0..2 {
            for drainer in &mut self.drainers {
                let part = if round == 0 { left.div_ceil(parts.max(1)) } else { left };
                let free = self.each.saturating_sub(drainer.calls.count);
                let may_call = now + self.latency + STOP_MARGIN < drainer.ends_at;
                let room = if may_call { part.min(free) } else { 0 };
                left -= tasks.call(room, now + self.latency, &mut drainer.calls);
                parts = parts.saturating_sub(1);
            }
        }
        let is_over = tasks.is_empty();
        self.drainers.retain_mut(|drainer| {
            drainer.has_called |= drainer.calls.count > 0;
            if !is_over {
                drainer.busy_at = now;
            }
            let done = (drainer.calls.count == 0) && now + self.latency + STOP_MARGIN >= drainer.ends_at;
            now < drainer.busy_at + PATIENCE && !done && now < drainer.ends_at
        });
        slots - left
    }

    /// The drainers as the limit's document has them.
    pub(crate) fn holders(&self, now: u64) -> Vec<Holder> {
        let seen = self.drainers.iter().enumerate().filter(|(_, drainer)| drainer.began + UNSEEN <= now);
        let instant = Timestamp::from_micros;
        let holder = |(number, drainer): (usize, &Drainer)| Holder {
            drainer: format!("d{number}"),
            since: Some(instant((drainer.began + UNSEEN) * 1_000)),
            until: instant((now + 4 * SECOND) * 1_000),
            permits: 0,
            latency_ms: if drainer.has_called { u32::try_from(self.latency).unwrap() } else { 0 },
            ends_at: Some(instant(drainer.ends_at * 1_000)),
            alone_until: None,
        };
        seen.map(holder).collect()
    }
}
