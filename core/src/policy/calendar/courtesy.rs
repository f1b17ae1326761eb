//! Courtesy: of drainers that wait for the same slots, the one that has had none for longest asks first.
//!
//! Their waits end at the same instant, when the calendar is booked up to its horizon and no further. Whoever were asked
//! first by chance would book a second's slots, and the one that always comes last would hold its tasks for ever.

use std::time::Duration;

use crate::time::Timestamp;

/// How much later one asks whose slots have just ended, or have not. A part of the horizon: no slot is lost by it.
const LONGEST: Duration = Duration::from_millis(100);

/// After so long without slots it is half of that.
const HALVED_AFTER: Duration = Duration::from_millis(250);

/// How long a drainer waits beyond `until`, when there is something to book, if its own slots end or ended at `end`;
/// none if it never had any.
pub fn courtesy(end: Option<Timestamp>, until: Timestamp) -> Duration {
    let without = end.map_or(Duration::MAX, |end| until.since(end));
    LONGEST.mul_f64(HALVED_AFTER.as_secs_f64() / HALVED_AFTER.saturating_add(without).as_secs_f64())
}

#[cfg(test)]
mod tests {
    //! Who asks first, and drainers at one limit, each with more tasks than it gets slots.

    use super::*;
    use crate::config::Config;
    use crate::policy::calendar::book::{Answer, HORIZON, Want, book};
    use crate::policy::calendar::state::LimitState;

    /// How long before its slots end a drainer asks for the next ones.
    const LEAD: Duration = Duration::from_millis(250);

    #[test]
    fn whoever_has_waited_longer_asks_first_and_nobody_late() {
        let until = Timestamp::from_secs(1_000);
        let after = |millis: u64| courtesy(Some(until.minus(Duration::from_millis(millis))), until);
        let waits = [after(0), after(250), after(500), after(1_500), after(2_500), courtesy(None, until)];
        assert_eq!(waits[..2], [Duration::from_millis(100), Duration::from_millis(50)]);
        assert!(
            waits.windows(2).all(|pair| pair[0] > pair[1].saturating_add(Duration::from_millis(2))),
            "{waits:?}"
        );
        assert_eq!(courtesy(Some(until.plus(LEAD)), until), waits[0], "one with slots left asks last");
        assert!(LONGEST < HORIZON);
    }

    /// The longest that any of so many drainers has no slot, in an hour, where the first of those that ask at one instant
    /// is always the same.
    fn longest_without(drainers: usize, courtesy: fn(Option<Timestamp>, Timestamp) -> Duration) -> Duration {
        let config =
            Config::parse("jobq.toml", "[limits.a]\nrate = \"75/s\"\nhosts = [\"a.example\"]\n").unwrap();
        let limit = config.limits.values().next().unwrap();
        let (mut state, begun) = (LimitState::default(), Timestamp::from_secs(1_000));
        let mut asks = vec![begun; drainers];
        let mut ends: Vec<Option<Timestamp>> = vec![None; drainers];
        let mut longest = Duration::ZERO;
        loop {
            let (now, asking) = asks.iter().enumerate().map(|(number, at)| (*at, number)).min().unwrap();
            if now.since(begun) > Duration::from_secs(3_600) {
                let left = ends.iter().map(|end| now.since(end.unwrap_or(begun))).max().unwrap();
                return longest.max(left);
            }
            let want = Want::new(format!("drainer-{asking}").parse().unwrap(), 1_000);
            let booking = book(limit, &state, now, &want);
            state = booking.state.unwrap_or(state);
            asks[asking] = match booking.answer {
                Answer::Lease(lease) => {
                    longest = longest.max(lease.first.since(ends[asking].unwrap_or(begun)));
                    ends[asking] = Some(lease.end());
                    lease.end().minus(LEAD)
                }
                Answer::Wait { until, .. } => until.plus(courtesy(ends[asking], until)),
                Answer::Alive => unreachable!("it asks for slots"),
            };
        }
    }

    #[test]
    fn each_drainer_has_its_turn() {
        for drainers in 1..=8 {
            let round = Duration::from_secs(drainers as u64);
            let longest = longest_without(drainers, courtesy);
            assert!(longest < round, "one of {drainers} had no slot for {longest:?}");
        }
        // Without it the third drainer has no slot at all.
        assert!(longest_without(3, |_, _| Duration::ZERO) > Duration::from_secs(3_000));
    }
}
