//! How much a drainer takes on: never more than it can start.

use std::time::Duration;

use super::calendar::book::SPAN;

/// How much of the pace a drainer keeps in hand, as a length of time.
const IN_HAND: Duration = Duration::from_secs(2);

/// Without a pace, how many tasks are kept in hand for each call that may be in flight: enough that the
/// next receive is back before they are used up.
const IN_HAND_PER_PERMIT: usize = 4;

/// What a drainer has and may do, for sizing its next receive and its next lease.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// Tasks received and not started.
    pub in_hand: usize,
    /// The most that may be in hand at all: the smallest quota, for more than that can't start in a window.
    pub most: usize,
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that may be under way at once.
    pub permits: usize,
    /// The time from slot to slot, as last seen; zero without a pace.
    pub interval: Duration,
    /// The time left in which a call may still start; `None` without a deadline.
    pub time_left: Option<Duration>,
    /// How long calls take, lately; zero if none has ended.
    pub latency: Duration,
}

/// How many tasks to receive: about two seconds of the pace in hand, nothing that couldn't start in time.
pub fn room(load: &Load) -> usize {
    let unpaced = load.permits.saturating_mul(IN_HAND_PER_PERMIT);
    let wanted = slots_within(IN_HAND, load.interval).map_or(unpaced, |slots| slots.max(1));
    let in_time = load.time_left.map_or(usize::MAX, |left| startable(load, left));
    wanted.min(in_time).min(load.most).saturating_sub(load.in_hand)
}

/// For how many of the tasks in hand, beyond the `held` slots, to book slots now: no more than a span's
/// worth of what the permits can carry at the latency seen.
pub fn slots_wanted(load: &Load, held: usize) -> usize {
    load.in_hand.min(startable(load, SPAN)).saturating_sub(held)
}

/// How many calls can start within `length`, by pace and by permits (Little's law).
fn startable(load: &Load, length: Duration) -> usize {
    let paced = slots_within(length, load.interval).map_or(usize::MAX, |slots| slots.saturating_add(1));
    let free = load.permits.saturating_sub(load.in_flight);
    let ended = (load.permits as u128).saturating_mul(length.as_nanos()).checked_div(load.latency.as_nanos());
    // Nothing is known of how long calls take, or they take longer than this: count on what is free.
    let ended = ended.filter(|_| load.latency <= length).unwrap_or(0);
    let carried = free.saturating_add(usize::try_from(ended).unwrap_or(usize::MAX));
    if length.is_zero() { 0 } else { paced.min(carried) }
}

fn slots_within(length: Duration, interval: Duration) -> Option<usize> {
    let slots = length.as_nanos().checked_div(interval.as_nanos())?;
    Some(usize::try_from(slots).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    //! Sizes at the edges.

    use super::*;

    fn load() -> Load {
        Load {
            in_hand: 0,
            most: usize::MAX,
            in_flight: 0,
            permits: 40,
            interval: Duration::from_millis(20),
            time_left: None,
            latency: Duration::ZERO,
        }
    }

    #[test]
    fn two_seconds_of_the_pace_are_kept_in_hand() {
        assert_eq!(room(&load()), 100);
        assert_eq!(room(&Load { in_hand: 70, ..load() }), 30);
        assert_eq!(room(&Load { in_hand: 170, ..load() }), 0);
        assert_eq!(room(&Load { interval: Duration::from_secs(60), ..load() }), 1);
        assert_eq!(room(&Load { interval: Duration::ZERO, ..load() }), 160);
        assert_eq!(room(&Load { most: 5, ..load() }), 5);
    }

    #[test]
    fn nothing_is_taken_that_could_not_start_before_the_deadline() {
        let left = |millis| Some(Duration::from_millis(millis));
        assert_eq!(room(&Load { time_left: left(200), ..load() }), 11);
        assert_eq!(room(&Load { time_left: left(0), ..load() }), 0);
    }

    #[test]
    fn slow_calls_are_booked_no_faster_than_permits_come_free() {
        let slow = Load { in_hand: 500, latency: Duration::from_secs(4), permits: 10, ..load() };
        assert_eq!(slots_wanted(&slow, 0), 10);
        assert_eq!(slots_wanted(&slow, 4), 6);
        assert_eq!(slots_wanted(&Load { in_flight: 10, ..slow }, 0), 0, "no call can start");
        let quick = Load { latency: Duration::from_millis(10), ..slow };
        assert_eq!(slots_wanted(&quick, 0), 51);
    }
}
