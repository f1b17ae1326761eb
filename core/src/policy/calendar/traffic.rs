//! What a limit's drainers did lately, counted in its document beside the slots: no write is made for it alone.

use serde::{Deserialize, Serialize};

use super::book::{HORIZON, SPAN};
use super::state::LimitState;
use crate::lease::Lease;
use crate::limit::Limit;
use crate::policy::recent::{self, Minute, Recent, minute_of};
use crate::rate::Pace;
use crate::time::Timestamp;

/// The minutes that the last 60 seconds can touch.
const KEPT: usize = 2;

/// Counts of calls and refusals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Traffic {
    /// Slots booked since the document was made, without those given back.
    pub calls: u64,
    /// The last two minutes in which something was counted, the older one first.
    pub minutes: Vec<Tally>,
}

/// What was counted within one minute of the clock. Four numbers in the document, for it must stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 4]", into = "[u64; 4]")]
pub struct Tally {
    /// When the first of it was counted.
    pub from: Timestamp,
    /// Slots booked, without those given back.
    pub calls: u64,
    /// Calls that the API answered with 429, or with 503 and a time.
    pub refused: u64,
}

impl From<[u64; 4]> for Tally {
    fn from([minute, millis, calls, refused]: [u64; 4]) -> Self {
        let millis = minute.saturating_mul(60_000).saturating_add(millis);
        Self { from: Timestamp::from_micros(millis.saturating_mul(1_000)), calls, refused }
    }
}

impl From<Tally> for [u64; 4] {
    fn from(own: Tally) -> Self {
        let minute = minute_of(own.from);
        let millis = own.from.as_micros() / 1_000;
        [minute, millis.saturating_sub(minute.saturating_mul(60_000)), own.calls, own.refused]
    }
}

/// Calls of the last 60 seconds. Slots are booked ahead, so they are counted over the time until the last of them.
pub fn calls(state: &LimitState, now: Timestamp) -> Recent {
    let ahead = state.last_slot.filter(|last| *last > now && *last <= now.plus(HORIZON + SPAN));
    recent(state, ahead.unwrap_or(now), |minute| minute.calls)
}

/// Refusals of the last 60 seconds.
pub fn refused(state: &LimitState, now: Timestamp) -> Recent {
    recent(state, now, |minute| minute.refused)
}

fn recent(state: &LimitState, now: Timestamp, count: fn(&Tally) -> u64) -> Recent {
    let minutes = state.traffic.minutes.iter();
    let minutes: Vec<Minute> = minutes.map(|own| Minute { from: own.from, count: count(own) }).collect();
    recent::recent(&minutes, now)
}

/// Whether the slots of a limit tell how many calls it makes: one without pace and quotas books more than it uses.
pub fn is_counted(limit: &Limit) -> bool {
    limit.pace != Pace::Unlimited || !limit.quotas.is_empty()
}

/// Counts a lease.
pub(super) fn charge(limit: &Limit, state: &mut LimitState, now: Timestamp, lease: &Lease) {
    if is_counted(limit) {
        let calls = u64::from(lease.count);
        state.traffic.calls = state.traffic.calls.saturating_add(calls);
        let minute = minute(&mut state.traffic, now);
        minute.calls = minute.calls.saturating_add(calls);
    }
}

/// Takes back what [`charge`] counted for slots in which no call was started.
pub(super) fn refund(state: &mut LimitState, unused: &Lease) {
    let mut left = u64::from(unused.count);
    state.traffic.calls = state.traffic.calls.saturating_sub(left);
    for minute in state.traffic.minutes.iter_mut().rev() {
        let taken = minute.calls.min(left);
        minute.calls -= taken;
        left -= taken;
    }
}

/// Counts refusals.
pub(super) fn refuse(state: &mut LimitState, now: Timestamp, count: u32) {
    if count > 0 {
        let minute = minute(&mut state.traffic, now);
        minute.refused = minute.refused.saturating_add(count.into());
    }
}

/// The counters of the minute that `now` lies in; the latest there are, for a clock that lags behind.
fn minute(traffic: &mut Traffic, now: Timestamp) -> &mut Tally {
    let newest = traffic.minutes.last().map(|last| minute_of(last.from));
    if newest.is_none_or(|newest| newest < minute_of(now)) {
        traffic.minutes.push(Tally { from: now, calls: 0, refused: 0 });
        let surplus = traffic.minutes.len().saturating_sub(KEPT);
        traffic.minutes.drain(..surplus);
    }
    let newest = traffic.minutes.len() - 1;
    &mut traffic.minutes[newest]
}

#[cfg(test)]
mod tests {
    //! What is counted, and how it is written.

    use std::time::Duration;

    use super::super::book::{Answer, Want, book};
    use super::*;

    fn limit() -> Limit {
        Limit::new("api".parse().unwrap(), "50/s".parse().unwrap())
    }

    #[test]
    fn what_is_booked_and_not_given_back_is_counted() {
        let (limit, mut state) = (limit(), LimitState::default());
        let mut now = Timestamp::from_secs(1_800_000_000);
        let (begun, mut booked) = (now, 0);
        for round in 0..200u64 {
            let want = Want { refused: u32::from(round % 50 == 0), ..Want::new("d".parse().unwrap(), 40) };
            let booking = book(&limit, &state, now, &want);
            state = booking.state.unwrap_or(state);
            if let Answer::Lease(lease) = booking.answer {
                booked += u64::from(lease.count);
            }
            if now.since(begun) > Duration::from_secs(3) {
                let rate = calls(&state, now).per_second(Duration::ZERO).unwrap();
                assert!((rate / 49.0 - 1.0).abs() < 0.04, "{rate} after {:?}", now.since(begun));
            }
            now = now.plus(Duration::from_millis(500));
        }
        assert_eq!(state.traffic.calls, booked);
        let told = calls(&state, now);
        assert!((told.count / 60.0 - 49.0).abs() < 1.0, "{told:?}");
        assert!((refused(&state, now).count - 2.0).abs() < 0.6, "{:?}", refused(&state, now));
        let last = Lease {
            first: now,
            interval: Duration::from_millis(20),
            count: 10,
            booked_at: now,
            lateness: Duration::ZERO,
            catch_up: Duration::ZERO,
        };
        let back = Want { unused: vec![last], ..Want::new("d".parse().unwrap(), 0) };
        let after = book(&limit, &state, now, &back).state.unwrap();
        assert_eq!(after.traffic.calls, booked - 10);
    }

    #[test]
    fn it_is_written_in_few_characters_and_read_as_it_was() {
        let from = Timestamp::from_micros(1_795_269_787_123_000);
        let traffic =
            Traffic { calls: 1_234_567, minutes: vec![Tally { from, calls: 2_940, refused: 3 }; 2] };
        let text = serde_json::to_string(&traffic).unwrap();
        assert_eq!(text, r#"{"calls":1234567,"minutes":[[29921163,7123,2940,3],[29921163,7123,2940,3]]}"#);
        assert_eq!(serde_json::from_str::<Traffic>(&text).unwrap(), traffic);
    }

    #[test]
    fn a_limit_that_counts_nothing_tells_nothing() {
        let limit = Limit::new("api".parse().unwrap(), Pace::Unlimited);
        let now = Timestamp::from_secs(1_800_000_000);
        let want = Want::new("d".parse().unwrap(), 1_000_000);
        let state = book(&limit, &LimitState::default(), now, &want).state.unwrap();
        assert_eq!((is_counted(&limit), state.traffic), (false, Traffic::default()));
    }
}
