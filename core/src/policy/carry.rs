//! What a drainer's permits can carry: a slot that comes while all of them are in use is lost to everybody, for the
//! calendar has gone on meanwhile.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// After this part of the latency (a divisor) it is booked anew for permits that have come free meanwhile.
const PART: u32 = 4;

/// How long such a pause is at least: a booking is a request to the ledger.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

/// How long it is at most: calls that hang must not keep those that don't waiting.
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
        let ends = started.map(|ago| rest(latency, ago));
        let mut frees: Vec<Duration> = ends.chain(held.map(|to| to.saturating_add(latency))).collect();
        frees.sort_unstable();
        Self { permits, frees, latency }
    }

    /// The same with no more than so many permits.
    pub fn within(&self, permits: usize) -> Self {
        Self { permits: self.permits.min(permits), ..self.clone() }
    }

    /// How many slots, `interval` apart and from `lead` on, will each find a permit free; at most `most`, and so many if
    /// they all come at once.
    ///
    /// That a slot is still good a little later isn't counted on: it makes up for calls that take longer than most.
    pub fn slots(&self, lead: Duration, interval: Duration, most: u32) -> u32 {
        if interval.is_zero() {
            return most;
        }
        let beyond = self.frees.len().saturating_sub(self.permits);
        let mut free = self.permits.saturating_sub(self.frees.len());
        let mut frees: BinaryHeap<Reverse<Duration>> =
            self.frees.iter().skip(beyond).copied().map(Reverse).collect();
        let finds_one = |number: &u32| {
            let at = lead.saturating_add(interval.saturating_mul(*number));
            let since = if free > 0 {
                free -= 1;
                Duration::ZERO
            } else {
                frees.pop().map_or(Duration::MAX, |Reverse(since)| since)
            };
            frees.push(Reverse(at.saturating_add(self.latency)));
            since <= at
        };
        let found = (0..most).take_while(finds_one).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    }

    /// How long after a booking that found no permit the next one is worth its write.
    pub fn pause(&self) -> Duration {
        pause(self.latency)
    }
}

/// How long after a booking the next one is worth its write, where the slots in hand don't last longer: permits come
/// free as calls of this latency end (zero if none has ended).
pub fn pause(latency: Duration) -> Duration {
    if latency.is_zero() {
        return LONGEST_PAUSE;
    }
    (latency / PART).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

/// How much longer a call takes that was started so long ago, where calls take `latency`. One that is late may take as
/// long again: the longer it has lasted, the longer it will.
pub fn rest(latency: Duration, ago: Duration) -> Duration {
    latency.checked_sub(ago).filter(|rest| !rest.is_zero()).unwrap_or(ago)
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
        assert_eq!([0, 500, 520, 900].map(|lead| slots(&late, lead)), [0, 0, 1, 2]);
    }

    #[test]
    fn without_a_pace_all_come_at_once_and_wait_for_their_permits() {
        assert_eq!(carry(1, &[10], &[]).slots(Duration::ZERO, Duration::ZERO, MOST), MOST);
    }

    #[test]
    fn before_a_call_has_ended_there_are_the_free_permits_alone() {
        let second = Duration::from_secs(1);
        let new = Carry::new(9, Duration::ZERO, [second, second].into_iter(), [second].into_iter());
        assert_eq!([0, 5_000].map(|lead| slots(&new, lead)), [6, 6]);
        assert_eq!(pause(Duration::ZERO), LONGEST_PAUSE);
    }

    #[test]
    fn some_permits_come_free_between_bookings_but_slow_calls_hold_nothing_up() {
        assert_eq!(pause(LATENCY), Duration::from_millis(125));
        assert_eq!(pause(Duration::from_secs(30)), LONGEST_PAUSE);
        assert_eq!(pause(Duration::from_millis(2)), SHORTEST_PAUSE);
    }
}
