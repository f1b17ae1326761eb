//! What a drainer has done, when it ends.

use std::ops::Add;
use std::time::Duration;

use jobq_core::event::drainers::DrainEnded;
use jobq_core::name::LimitName;

/// What a drainer has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Calls started.
    pub calls: u64,
    /// Tasks whose call ended well.
    pub done: u64,
    /// Failed attempts whose task waits to be tried again.
    pub retried: u64,
    /// Calls the API refused because it was called too fast.
    pub throttled: u64,
    /// Tasks moved to a dead-letter queue.
    pub dead: u64,
    /// Deliveries handed back without a call.
    pub released: u64,
    /// Tasks never called, because their batch was canceled.
    pub skipped: u64,
    /// Settlements that came too late: the task had been given out again.
    pub stale: u64,
    /// Slots in which no call could be started in time.
    pub forfeited: u64,
}

impl Summary {
    /// What is told of it: a drain of `limit` that took so long.
    pub fn ended(&self, limit: &LimitName, took: Duration) -> DrainEnded {
        let Self { calls, done, retried, throttled, dead, released, skipped, stale, forfeited } = *self;
        let limit = limit.clone();
        let refused = throttled;
        DrainEnded {
            limit,
            calls,
            done,
            retried,
            refused,
            dead,
            released,
            skipped,
            stale,
            forfeited,
            took,
            run: None,
        }
    }
}

impl Add for Summary {
    type Output = Self;

    /// What two drainers have done together.
    fn add(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            done: self.done + other.done,
            retried: self.retried + other.retried,
            throttled: self.throttled + other.throttled,
            dead: self.dead + other.dead,
            released: self.released + other.released,
            skipped: self.skipped + other.skipped,
            stale: self.stale + other.stale,
            forfeited: self.forfeited + other.forfeited,
        }
    }
}
