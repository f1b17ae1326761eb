//! Whether a limit's settings go together.

use std::time::Duration;

use super::{Remark, Weight};
use crate::host::Named;
use crate::human;
use crate::limit::Limit;
use crate::policy::address::refusal;
use crate::policy::calendar::pace::effective;
use crate::policy::calendar::state::LimitState;
use crate::quota::{Quota, Window};
use crate::rate::Pace;
use crate::time::{Timestamp, nanos};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A quota that is used up in less than this part of its window leaves long silences: a note.
const EARLY: u32 = 10;

/// In less than this part, it hardly can be meant.
const AT_ONCE: u32 = 100;

/// What is to be said of a limit by itself.
pub fn remarks(limit: &Limit) -> Vec<Remark> {
    let quotas = limit.quotas.iter();
    quotas
        .filter_map(|quota| unreachable(limit, quota).or_else(|| early(limit, quota)))
        .chain(private(limit))
        .collect()
}

/// What is to be said of a limit that no queue is under.
pub fn unused(limit: &Limit) -> Remark {
    remark(
        limit,
        Weight::Note,
        "no queue is under it, so nothing is ever called",
        format!("write one: [queues.NAME] with limit = \"{}\"", limit.name),
    )
}

/// A quota larger than what the pace and the other quotas ever let through.
fn unreachable(limit: &Limit, quota: &Quota) -> Option<Remark> {
    let (window, wide) = (quota.window, longest(quota.window));
    let by_pace = through(limit, wide);
    let others = limit.quotas.iter().filter(|other| longest(other.window) < wide);
    let most = others.map(|other| through_quota(other, wide)).chain(by_pace).min()?;
    (u128::from(quota.limit.get()) >= most).then(|| {
        let what =
            format!("its quota {quota} is never reached: the rest of it leaves {most} calls {}", per(window));
        let remedy = "leave that quota out, or raise what is below it".to_owned();
        remark(limit, Weight::Note, what, remedy)
    })
}

/// A quota that the pace uses up early in its window.
fn early(limit: &Limit, quota: &Quota) -> Option<Remark> {
    let Pace::Limited(rate) = limit.pace else { return None };
    let window = shortest(quota.window);
    let calls = u32::try_from(quota.limit.get()).unwrap_or(u32::MAX);
    let after = interval(limit).saturating_mul(calls);
    let weight = match after {
        _ if after.saturating_mul(AT_ONCE) < window => Weight::Look,
        _ if after.saturating_mul(EARLY) < window => Weight::Note,
        _ => return None,
    };
    let what = format!(
        "at {rate} its quota {quota} is used up after {}, and nothing is called for the rest of {}",
        human::roughly(after),
        the(quota.window)
    );
    let remedy =
        format!("rate = \"{}\" spreads it out; leave it if the calls are to come early", even(quota));
    Some(remark(limit, weight, what, remedy))
}

/// Addresses among the hosts that no call would be connected to.
fn private(limit: &Limit) -> impl Iterator<Item = Remark> {
    let hosts = limit.hosts.iter().filter(|_| !limit.allow_private);
    hosts.filter_map(|host| match host.named() {
        Named::Address(address) => refusal(address).map(|kind| {
            let what = format!("its host {host} is a {kind} address, and those aren't called");
            remark(limit, Weight::Wrong, what, private_remedy(limit))
        }),
        Named::Name(_) | Named::Below(_) => None,
    })
}

/// What has private addresses called.
pub fn private_remedy(limit: &Limit) -> String {
    format!("allow_private = true in [limits.{}], if it is meant", limit.name)
}

/// How many calls the pace lets through in any window of this length at most; `None` without a pace.
fn through(limit: &Limit, window: Duration) -> Option<u128> {
    let slots = window.as_nanos().checked_div(interval(limit).as_nanos())?;
    Some(slots + u128::from(limit.burst.get()) + 1)
}

/// How many calls another quota lets through in any window of this length at most.
fn through_quota(quota: &Quota, window: Duration) -> u128 {
    let touched = match quota.window {
        Window::Sliding(length) => nanos(window).div_ceil(nanos(length).max(1)),
        // A stretch that begins within a day touches one more.
        Window::Day | Window::Month => nanos(window).div_ceil(nanos(shortest(quota.window))) + 1,
    };
    u128::from(touched) * u128::from(quota.limit.get())
}

/// The time between two calls, headroom included.
fn interval(limit: &Limit) -> Duration {
    effective(limit, &LimitState::default(), Timestamp::EPOCH).interval
}

/// The longest a window can be: days are longer when clocks are put back.
fn longest(window: Window) -> Duration {
    match window {
        Window::Sliding(length) => length,
        Window::Day => DAY + HOUR,
        Window::Month => DAY * 31 + HOUR,
    }
}

/// The shortest a window can be.
fn shortest(window: Window) -> Duration {
    match window {
        Window::Sliding(length) => length,
        Window::Day => DAY - HOUR,
        Window::Month => DAY * 28 - HOUR,
    }
}

/// The rate that uses a quota up by the end of its window, rounded down to a whole number.
fn even(quota: &Quota) -> String {
    let window = match quota.window {
        Window::Sliding(length) => length,
        Window::Day => DAY,
        Window::Month => DAY * 30,
    };
    let units = [("s", Duration::from_secs(1)), ("m", Duration::from_secs(60)), ("h", HOUR), ("d", DAY)];
    let calls = |unit: Duration| u128::from(quota.limit.get()) * unit.as_nanos() / window.as_nanos().max(1);
    // Ten or more, so that rounding down gives away no more than a tenth.
    let fits = units.iter().find(|(_, unit)| calls(*unit) >= 10);
    fits.map_or_else(
        || format!("{}/{}", quota.limit, human::unit(window)),
        |(name, unit)| format!("{}/{name}", calls(*unit)),
    )
}

fn the(window: Window) -> String {
    match window {
        Window::Sliding(length) => human::duration(length),
        Window::Day => "the day".to_owned(),
        Window::Month => "the month".to_owned(),
    }
}

fn per(window: Window) -> String {
    match window {
        Window::Sliding(length) => format!("in {}", human::duration(length)),
        Window::Day => "a day".to_owned(),
        Window::Month => "a month".to_owned(),
    }
}

fn remark(limit: &Limit, weight: Weight, what: impl Into<String>, remedy: String) -> Remark {
    Remark { weight, subject: format!("limit {}", limit.name), what: what.into(), remedy }
}

#[cfg(test)]
mod tests {
    //! Limits that go together, limits that don't, and the property that a quota called unreachable is.

    use std::num::NonZeroU64;

    use proptest::prelude::*;

    use super::*;
    use crate::rate::Rate;

    fn limit(rate: &str, quotas: &[&str], hosts: &[&str]) -> Limit {
        Limit {
            quotas: quotas.iter().map(|quota| quota.parse().unwrap()).collect(),
            hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
            ..Limit::new("hermes".parse().unwrap(), rate.parse().unwrap())
        }
    }

    /// Each remark as `Weight: what -> remedy`.
    fn check(limit: &Limit, expected: &[&str]) {
        let told: Vec<String> = remarks(limit)
            .into_iter()
            .map(|remark| format!("{:?}: {} -> {}", remark.weight, remark.what, remark.remedy))
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_goes_together_is_not_remarked_on() {
        for (rate, quotas) in [
            ("50/s", &[][..]),
            ("50/s", &["600/m"]),
            ("1/s", &["65000/d"]),
            ("none", &["65000/d", "600/m"]),
            ("20/m", &["1000/h", "10000/d", "300000/mo"]),
        ] {
            check(&limit(rate, quotas, &["api.example", "127.0.0.1.nip.example"]), &[]);
        }
    }

    #[test]
    fn a_quota_that_is_used_up_early_is_noted() {
        check(
            &limit("50/s", &["65000/d"], &[]),
            &[
                "Note: at 50/s its quota 65000/d is used up after 22m 06s, and nothing is called for the rest of \
               the day -> rate = \"45/m\" spreads it out; leave it if the calls are to come early",
            ],
        );
        check(
            &limit("100/s", &["10000/d"], &[]),
            &[
                "Look: at 100/s its quota 10000/d is used up after 1m 42s, and nothing is called for the rest of \
               the day -> rate = \"416/h\" spreads it out; leave it if the calls are to come early",
            ],
        );
        check(
            &limit("100/s", &["5/h sliding"], &[]),
            &[
                "Look: at 100/s its quota 5/h is used up after 0.1s, and nothing is called for the rest of 1h -> \
               rate = \"120/d\" spreads it out; leave it if the calls are to come early",
            ],
        );
    }

    #[test]
    fn a_quota_that_is_never_reached_is_noted() {
        check(
            &limit("1/s", &["65000/m"], &[]),
            &[
                "Note: its quota 65000/m is never reached: the rest of it leaves 60 calls in 1m -> leave that quota \
               out, or raise what is below it",
            ],
        );
        check(
            &limit("none", &["600/m", "100000/h"], &[]),
            &[
                "Note: its quota 100000/h is never reached: the rest of it leaves 36000 calls in 1h -> leave that \
               quota out, or raise what is below it",
            ],
        );
    }

    #[test]
    fn private_addresses_are_not_called_unless_it_is_said() {
        let own = limit("1/s", &[], &["10.0.0.1", "[::1]:8080", "1.1.1.1", "localhost"]);
        check(
            &own,
            &[
                "Wrong: its host 10.0.0.1 is a private address, and those aren't called -> allow_private = true in \
                 [limits.hermes], if it is meant",
                "Wrong: its host [::1]:8080 is a loopback address, and those aren't called -> allow_private = true \
                 in [limits.hermes], if it is meant",
            ],
        );
        check(&Limit { allow_private: true, ..own }, &[]);
    }

    proptest! {
        /// Calls one interval apart, after a burst, counted in one window.
        #[test]
        fn a_quota_called_unreachable_is(calls in 1u64..1_000, secs in 1u64..600, quota in 1u64..20_000, window in 1u64..600) {
            let rate = Rate::new(NonZeroU64::new(calls).unwrap(), Duration::from_secs(secs)).unwrap();
            let mut own = Limit::new("hermes".parse().unwrap(), Pace::Limited(rate));
            own.quotas = vec![format!("{quota}/{window}s").parse().unwrap()];
            let said = remarks(&own).iter().any(|remark| remark.what.contains("never reached"));
            let length = Duration::from_secs(window);
            let most = u128::from(own.burst.get()) + 1 + length.as_nanos() / interval(&own).as_nanos();
            prop_assert_eq!(said, u128::from(quota) >= most);
        }

        #[test]
        fn the_even_rate_of_a_quota_can_be_typed_and_is_not_remarked_on(
            calls in 1u64..10_000_000,
            window in prop::sample::select(vec!["m", "h", "d", "mo", "7m", "d sliding"]),
        ) {
            let quota: Quota = format!("{calls}/{window}").parse().unwrap();
            let own = limit(&even(&quota), &[&quota.to_string()], &[]);
            prop_assert!(remarks(&own).iter().all(|remark| !remark.what.contains("used up")), "{:?}", remarks(&own));
        }
    }
}
