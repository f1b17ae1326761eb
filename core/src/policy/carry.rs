//! What a drainer's permits can carry: a slot that comes while all of them are in use is lost to everybody, for the
//! calendar has gone on meanwhile.

use std::time::Duration;

/// A drainer of few permits books anew when about this part of them (a divisor) has come free.
const PART: u32 = 4;

/// The longest pause between two bookings for want of permits: calls that hang must not keep those that don't waiting.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A drainer's permits, and until when they are taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    permits: usize,
    /// In how long each permit that is in use, or that a slot in hand will use, comes free; the soonest first.
    frees: Vec<Duration>,
    latency: Duration,
}

impl Carry {
    /// For a drainer whose calls took `latency` lately (zero if none has ended), with calls under way that were started
    /// so long ago, and slots in hand that come in so long.
    pub fn new(
        permits: usize,
        latency: Duration,
        started: impl Iterator<Item = Duration>,
        held: impl Iterator<Item = Duration>,
    ) -> Self {
        let latency = if latency.is_zero() { Duration::MAX } else { latency };
        // A call that is late may take as long again: the longer it lasts, the less is known of its end.
        let ends =
            started.map(|ago| latency.checked_sub(ago).filter(|rest| !rest.is_zero()).unwrap_or(latency));
        let mut frees: Vec<Duration> = ends.chain(held.map(|to| to.saturating_add(latency))).collect();
        frees.sort_unstable();
        Self { permits, frees, latency }
    }

    /// How many slots, `interval` apart and from `lead` on, will each find a permit free; at most `most`.
    pub fn slots(&self, lead: Duration, interval: Duration, most: u32) -> u32 {
        let fits = |number: &u32| {
            let at = lead.saturating_add(interval.saturating_mul(*number));
            let busy = self.frees.len() - self.frees.partition_point(|free| *free <= at);
            // Of the slots before this one, those whose calls are under way yet.
            let own = self.latency.as_nanos().checked_div(interval.as_nanos()).unwrap_or(u128::MAX);
            let own = usize::try_from(own.min(u128::from(*number))).unwrap_or(usize::MAX);
            busy.saturating_add(own) < self.permits
        };
        (0..most).find(|number| !fits(number)).unwrap_or(most)
    }

    /// How long after a booking the next one is worth its write, where the slots in hand don't last longer.
    pub fn pause(&self) -> Duration {
        (self.latency / PART).min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    //! Who carries the pace books all that is asked for, others what they have permits for.

    use super::*;

    /// Fifty a second; half a second a call, so that 25 permits carry the pace.
    const INTERVAL: Duration = Duration::from_millis(20);
    const LATENCY: Duration = Duration::from_millis(500);
    const MOST: u32 = 51;

    fn carry(permits: usize, started_ago: &[u64], held_in: &[u64]) -> Carry {
        let millis =
            |times: &[u64]| times.iter().map(|at| Duration::from_millis(*at)).collect::<Vec<_>>().into_iter();
        Carry::new(permits, LATENCY, millis(started_ago), millis(held_in))
    }

    fn slots(carry: &Carry, lead: u64) -> u32 {
        carry.slots(Duration::from_millis(lead), INTERVAL, MOST)
    }

    #[test]
    fn permits_that_carry_the_pace_are_no_bound() {
        let paced: Vec<u64> = (0..25).map(|call| call * 20 + 10).collect();
        assert_eq!(slots(&carry(26, &paced, &[]), 0), MOST);
        assert_eq!(slots(&carry(26, &[], &[]), 0), MOST);
        assert_eq!(slots(&carry(40, &paced, &[20, 40, 60]), 80), MOST);
    }

    #[test]
    fn few_permits_carry_what_is_free_when_the_slots_come() {
        assert_eq!(slots(&carry(6, &[], &[]), 0), 6);
        assert_eq!(slots(&carry(6, &[10, 10, 10], &[]), 0), 3);
        let bunch = carry(6, &[100, 80, 60, 40, 20, 0], &[]);
        assert_eq!(
            [0, 300, 400, 420].map(|lead| slots(&bunch, lead)),
            [0, 0, 6, 6],
            "they end as they began"
        );
        let booked = carry(6, &[], &[200, 220, 240, 260, 280, 300]);
        assert_eq!([320, 690, 700, 800].map(|lead| slots(&booked, lead)), [0, 0, 6, 6]);
    }

    #[test]
    fn a_call_that_is_late_may_take_as_long_again() {
        let late = carry(2, &[900, 510], &[]);
        assert_eq!([0, 499, 500].map(|lead| slots(&late, lead)), [0, 0, 2]);
    }

    #[test]
    fn before_a_call_has_ended_there_are_the_free_permits_alone() {
        let second = Duration::from_secs(1);
        let new = Carry::new(9, Duration::ZERO, [second, second].into_iter(), [second].into_iter());
        assert_eq!([0, 5_000].map(|lead| slots(&new, lead)), [6, 6]);
        assert_eq!(new.pause(), LONGEST_PAUSE);
    }

    #[test]
    fn some_permits_come_free_between_bookings_but_slow_calls_hold_nothing_up() {
        assert_eq!(carry(6, &[], &[]).pause(), Duration::from_millis(125));
        let slow = Carry::new(6, Duration::from_secs(30), std::iter::empty(), std::iter::empty());
        assert_eq!(slow.pause(), LONGEST_PAUSE);
    }
}
