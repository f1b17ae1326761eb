//! How many calls one drainer keeps in flight at most. The drainer's wiring and the sizing of a limit's
//! drainers ask this same function: a drainer that did less than it is counted for would leave the limit unused.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::limit::Limit;
use crate::rate::Pace;

/// Without a pace and without a cap.
const UNPACED: u32 = 128;

/// The longest answer time at which one drainer still reaches the pace, where nothing else bounds it.
const ASSUMED_LATENCY: Duration = Duration::from_secs(10);

/// The fewest at any pace: calls that take longer than they should must not stop a slow limit.
const FEWEST: u32 = 16;

/// The most unless the configuration asks for more: what the smallest function has memory and sockets for.
const MOST: u32 = 256;

/// The same for a process on a machine.
const MOST_OF_A_PROCESS: u32 = 1_024;

/// The most calls one drainer of `limit` keeps in flight: as its configuration says; else the cap over all
/// drainers, or as many as reach the pace at slow answers, at most 256. Never more than the cap.
pub fn per_drainer(limit: &Limit) -> NonZeroU32 {
    let cap = limit.max_in_flight.map(NonZeroU32::get);
    let own = limit.drainers.in_flight.map(NonZeroU32::get);
    within_cap(own.unwrap_or_else(|| cap.unwrap_or_else(|| by_pace(limit.pace)).min(MOST)), cap)
}

/// The most calls one process on a machine keeps in flight, where nobody counts on how many it does: as its
/// configuration says; else the cap, or as many as reach the pace at slow answers, at most 1,024.
pub fn per_process(limit: &Limit) -> NonZeroU32 {
    let cap = limit.max_in_flight.map(NonZeroU32::get);
    let own = limit.drainers.in_flight.map(NonZeroU32::get).or(cap);
    within_cap(own.unwrap_or_else(|| by_pace(limit.pace).min(MOST_OF_A_PROCESS)), cap)
}

fn within_cap(permits: u32, cap: Option<u32>) -> NonZeroU32 {
    NonZeroU32::new(permits.min(cap.unwrap_or(u32::MAX))).unwrap_or(NonZeroU32::MIN)
}

fn by_pace(pace: Pace) -> u32 {
    match pace {
        Pace::Unlimited => UNPACED,
        Pace::Limited(rate) => {
            let slots = ASSUMED_LATENCY.as_nanos().div_ceil(rate.interval().as_nanos());
            u32::try_from(slots).unwrap_or(u32::MAX).max(FEWEST)
        }
    }
}

#[cfg(test)]
mod tests {
    //! Sizes by what bounds them.

    use super::*;

    fn limit(pace: &str, own: Option<u32>, cap: Option<u32>) -> Limit {
        let mut limit = Limit::new("api".parse().unwrap(), pace.parse().unwrap());
        limit.drainers.in_flight = own.and_then(NonZeroU32::new);
        limit.max_in_flight = cap.and_then(NonZeroU32::new);
        limit
    }

    #[test]
    fn what_is_set_goes_before_the_cap_and_the_cap_before_the_pace() {
        let permits = |pace: &str, own, cap| per_drainer(&limit(pace, own, cap)).get();
        assert_eq!(permits("10/s", None, None), 100);
        assert_eq!(permits("1/m", None, None), 16);
        assert_eq!(permits("50/s", None, None), 256);
        assert_eq!(permits("none", None, None), 128);
        assert_eq!(permits("10/s", None, Some(7)), 7);
        assert_eq!(permits("none", None, Some(1_000)), 256);
        assert_eq!(permits("10/s", Some(700), None), 700);
        assert_eq!(permits("10/s", Some(700), Some(30)), 30);
    }

    #[test]
    fn a_process_on_a_machine_may_do_more() {
        let permits = |pace: &str, own, cap| per_process(&limit(pace, own, cap)).get();
        assert_eq!(permits("50/s", None, None), 500);
        assert_eq!(permits("1000/s", None, None), 1_024);
        assert_eq!(permits("none", None, Some(5_000)), 5_000);
        assert_eq!(permits("50/s", Some(6), None), 6);
        assert_eq!(permits("50/s", Some(60), Some(30)), 30);
    }
}
