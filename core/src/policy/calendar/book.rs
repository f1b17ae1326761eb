//! Booking slots.

/// Why there is no slot now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The calendar is booked up to its horizon by other drainers.
    Pace,
    /// A quota's window is full.
    Quota,
    /// The API said it was called too fast.
    Cooling,
    /// The limit is paused by hand.
    Paused,
    /// Other drainers hold all permits of the cap on calls in flight.
    InFlight,
    /// The calendar lies further ahead than it can: a clock was set back, here or elsewhere.
    Clock,
}
