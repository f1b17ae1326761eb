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

/// The most unless the configuration asks for more: what the smallest machine has memory and sockets for.
const MOST: u32 = 256;

/// The most calls one drainer of `limit` keeps in flight: as its configuration says; else the cap over all
/// drainers, or as many as reach the pace at slow answers, at most 256. Never more than the cap.
pub fn per_drainer(limit: &Limit) -> NonZeroU32 {
    let cap = limit.max_in_flight.map(NonZeroU32::get);
    let own = limit.drainers.in_flight.map(NonZeroU32::get);
    let permits = own.unwrap_or_else(|| cap.unwrap_or_else(|| by_pace(limit.pace)).min(MOST));
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

    #[test]
    fn what_is_set_goes_before_the_cap_and_the_cap_before_the_pace() {
        let permits = |pace: &str, own: Option<u32>, cap: Option<u32>| {
            let mut limit = Limit::new("api".parse().unwrap(), pace.parse().unwrap());
            limit.drainers.in_flight = own.and_then(NonZeroU32::new);
            limit.max_in_flight = cap.and_then(NonZeroU32::new);
            per_drainer(&limit).get()
        };
        assert_eq!(permits("10/s", None, None), 100);
        assert_eq!(permits("1/m", None, None), 16);
        assert_eq!(permits("50/s", None, None), 256);
        assert_eq!(permits("none", None, None), 128);
        assert_eq!(permits("10/s", None, Some(7)), 7);
        assert_eq!(permits("none", None, Some(1_000)), 256);
        assert_eq!(permits("10/s", Some(700), None), 700);
        assert_eq!(permits("10/s", Some(700), Some(30)), 30);
    }
}
