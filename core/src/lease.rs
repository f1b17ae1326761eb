//! Leases: a drainer's exclusive hold on the next slots of a limit's calendar.

use std::time::Duration;

use crate::time::Timestamp;

/// A stretch of a limit's calendar that belongs to one drainer. Leases never overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The first slot.
    pub first: Timestamp,
    /// The time from slot to slot; zero where the limit has no pace.
    pub interval: Duration,
    /// How many slots there are.
    pub count: u32,
    /// When it was booked: no slot may be used earlier.
    pub booked_at: Timestamp,
    /// How late after its slot a call may start.
    pub lateness: Duration,
    /// How late a call may start for a slot that lay in the past when it was booked.
    pub catch_up: Duration,
}

/// One slot: permission to start one call between two instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The call may start from here on.
    pub at: Timestamp,
    /// The call must have started by here; afterwards the slot is forfeited.
    pub use_by: Timestamp,
}

impl Lease {
    /// The slot with this number, counted from 0.
    pub fn slot(&self, number: u32) -> Slot {
        let planned = self.first.plus(self.interval.saturating_mul(number));
        let at = planned.max(self.booked_at);
        Slot { at, use_by: at.plus(self.lateness).min(planned.plus(self.catch_up)) }
    }

    /// Where the calendar goes on after this lease: one interval after its last slot.
    pub fn end(&self) -> Timestamp {
        self.first.plus(self.interval.saturating_mul(self.count))
    }
}
