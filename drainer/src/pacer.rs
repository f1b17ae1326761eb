//! The slots in hand, and the pace at which they may be used.
//!
//! The leases say when. `governor` (GCRA, fed with the same clock) checks each start once more: it is the
//! hard local cap, and would hold back a lease that was wrong.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jobq_core::lease::Lease;
use jobq_core::time::Timestamp;

/// The slots in hand.
pub(crate) struct Pacer {
    leases: VecDeque<Partly>,
    cap: Option<Cap>,
    burst: NonZeroU32,
    /// Slots that passed without a call, to be given back with the next booking.
    missed: Vec<Lease>,
}

/// A lease and how many of its slots were used or missed.
struct Partly {
    lease: Lease,
    gone: u32,
}

/// Governor's limiter for one interval.
struct Cap {
    interval: Duration,
    time: SlotTime,
    limiter: RateLimiter<NotKeyed, InMemoryState, SlotTime, NoOpMiddleware<Nanos>>,
}

/// Tells governor the time that the pacer was last asked at.
#[derive(Debug, Clone, Default)]
struct SlotTime(Arc<AtomicU64>);

impl GovernorClock for SlotTime {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.load(Ordering::Relaxed))
    }
}

impl Pacer {
    /// No slots yet, of a limit with this burst.
    pub(crate) fn new(burst: NonZeroU32) -> Self {
        Self { leases: VecDeque::new(), cap: None, burst, missed: Vec::new() }
    }

    /// Adds a lease behind those in hand.
    pub(crate) fn add(&mut self, lease: Lease) {
        if self.cap.as_ref().map(|cap| cap.interval) != Some(lease.interval) {
            self.cap = Cap::new(lease.interval, self.burst);
        }
        self.leases.push_back(Partly { lease, gone: 0 });
    }

    /// How many slots are left.
    pub(crate) fn left(&self) -> usize {
        self.leases.iter().map(|own| (own.lease.count - own.gone) as usize).sum()
    }

    /// When the slots in hand will be used up or forfeited, if there are any.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        self.leases.back().map(
            |own| {
                if is_paced(&own.lease) { own.lease.end() } else { own.lease.slot(0).use_by }
            },
        )
    }

    /// When each of them comes that has a place in a pace.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Timestamp> {
        let paced = self.leases.iter().filter(|own| is_paced(&own.lease));
        paced.flat_map(|own| (own.gone..own.lease.count).map(|number| own.lease.slot(number).at))
    }

    /// When the next slot comes.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.leases.front().map(|own| own.lease.slot(own.gone).at)
    }

    /// Takes a slot to start one call at `now`, if one is due.
    pub(crate) fn take(&mut self, now: Timestamp) -> bool {
        self.forfeit(now);
        if self.next_at().is_none_or(|at| at > now) || !self.within_cap(now) {
            return false;
        }
        self.use_up(1);
        true
    }

    /// Drops the slots whose use-by instant has passed, and answers how many of them had a place in a pace.
    pub(crate) fn forfeit(&mut self, now: Timestamp) -> u32 {
        let mut count = 0;
        while let Some(own) = self.leases.front()
            && own.lease.slot(own.gone).use_by < now
        {
            let paced = is_paced(&own.lease);
            // Without a pace all slots of a lease pass at the same instant.
            let passed = if paced { 1 } else { own.lease.count - own.gone };
            self.missed.push(part(&own.lease, own.gone, own.gone + passed));
            self.use_up(passed);
            count += u32::from(paced);
        }
        count
    }

    /// Drops all slots: they are to be given back.
    pub(crate) fn clear(&mut self) {
        let left = self.leases.drain(..).map(|own| part(&own.lease, own.gone, own.lease.count));
        self.missed.extend(left);
    }

    /// Takes what is to be given back: stretches in which no call was started.
    pub(crate) fn take_missed(&mut self) -> Vec<Lease> {
        std::mem::take(&mut self.missed)
    }

    fn use_up(&mut self, count: u32) {
        let Some(own) = self.leases.front_mut() else {
            return;
        };
        own.gone += count;
        if own.gone >= own.lease.count {
            self.leases.pop_front();
        }
    }

    fn within_cap(&self, now: Timestamp) -> bool {
        self.cap.as_ref().is_none_or(|cap| {
            cap.time.0.store(now.as_nanos(), Ordering::Relaxed);
            cap.limiter.check().is_ok()
        })
    }
}

impl Cap {
    /// One call each `interval`, and `burst` beyond; none without a pace.
    fn new(interval: Duration, burst: NonZeroU32) -> Option<Self> {
        let quota = Quota::with_period(interval)?.allow_burst(burst.saturating_add(1));
        let time = SlotTime::default();
        let limiter = RateLimiter::direct_with_clock(quota, time.clone());
        Some(Self { interval, time, limiter })
    }
}

fn is_paced(lease: &Lease) -> bool {
    !lease.interval.is_zero()
}

/// The slots `from..to` of a lease as one of their own.
fn part(lease: &Lease, from: u32, to: u32) -> Lease {
    let first = lease.first.plus(lease.interval.saturating_mul(from));
    Lease { first, count: to - from, ..lease.clone() }
}
