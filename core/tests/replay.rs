//! The replay of a log, held against a count of every window there is; logs that just fit, and logs with one call more.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::policy::calendar::book::{Answer, Want, book};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::replay::log::Starts;
use jobq_core::policy::replay::{Finding, replay};
use jobq_core::quota::Window;
use jobq_core::rate::{Pace, Rate};
use jobq_core::time::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::{Config, FileFailurePersistence};

const MICROSECOND: Duration = Duration::from_micros(1);

fn limit(rate: &str, burst: u32, quotas: &[&str]) -> Limit {
    let mut limit = Limit::new("api".parse().unwrap(), rate.parse().unwrap());
    limit.burst = burst.try_into().unwrap();
    limit.quotas = quotas.iter().map(|quota| quota.parse().unwrap()).collect();
    limit
}

fn rate(limit: &Limit) -> Rate {
    let Pace::Limited(rate) = limit.pace else { unreachable!("it has a pace") };
    rate
}

/// Instants from gaps in microseconds.
fn instants(gaps: &[u64]) -> Vec<Timestamp> {
    let mut at = Timestamp::from_secs(1_800_000_000);
    let mut next = |gap: &u64| {
        at = at.plus(Duration::from_micros(*gap));
        at
    };
    gaps.iter().map(&mut next).collect()
}

fn margins(limit: &Limit, starts: &[Timestamp]) -> Vec<Option<i64>> {
    let findings = replay(limit, &starts.iter().copied().collect());
    findings.iter().map(|finding| finding.worst.map(|worst| worst.margin())).collect()
}

/// The gaps between calls: bunches, about the pace, and lulls.
fn gaps() -> impl Strategy<Value = Vec<u64>> {
    let gap = prop_oneof![4 => Just(0), 4 => 0..5_000u64, 4 => 15_000..25_000u64, 1 => 0..3_000_000u64];
    proptest::collection::vec(gap, 1..120)
}

/// The leaky bucket as it is told elsewhere: `turn` is when the next call would be in an even sequence.
struct Bucket {
    interval: Duration,
    burst: u32,
    turn: Timestamp,
}

impl Bucket {
    fn earliest(&self) -> Timestamp {
        self.turn.minus(self.interval * self.burst)
    }

    /// A call as soon after `wanted` as it may be.
    fn take(&mut self, wanted: Timestamp) -> Timestamp {
        let at = wanted.max(self.earliest());
        self.turn = self.turn.max(at).plus(self.interval);
        at
    }
}

fn config() -> Config {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replay.seeds");
    Config {
        cases: 1_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        ..Config::default()
    }
}

/// Every stretch from one call to another.
fn stretches(starts: &[Timestamp]) -> impl Iterator<Item = &[Timestamp]> {
    (0..starts.len()).flat_map(move |from| (from..starts.len()).map(move |to| &starts[from..=to]))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_worst_stretch_of_the_pace_is_the_worst_of_all(
        gaps in gaps(),
        text in prop_oneof![Just("50/s"), Just("7/s"), Just("1000/s"), Just("90/m")],
        burst in 1..8u32,
    ) {
        let (limit, starts) = (limit(text, burst, &[]), instants(&gaps));
        let (calls, per) = (u128::from(rate(&limit).calls().get()), rate(&limit).per().as_nanos());
        let margin = |stretch: &[Timestamp]| {
            let length = stretch[stretch.len() - 1].since(stretch[0]) + MICROSECOND;
            let allowed = length.as_nanos() * calls / per + u128::from(burst) + 1;
            i64::try_from(allowed).unwrap() - i64::try_from(stretch.len()).unwrap()
        };
        let expected = stretches(&starts).map(margin).min();
        prop_assert_eq!(margins(&limit, &starts), vec![expected]);
    }

    #[test]
    fn the_worst_window_of_a_quota_is_the_fullest_of_all(
        gaps in gaps(),
        quota in prop_oneof![Just("10/100ms"), Just("40/s"), Just("60/m")],
    ) {
        let (limit, starts) = (limit("none", 1, &[quota]), instants(&gaps));
        let Window::Sliding(length) = limit.quotas[0].window else { unreachable!() };
        let fits = |stretch: &&[Timestamp]| stretch[stretch.len() - 1].since(stretch[0]) < length;
        let fullest = stretches(&starts).filter(fits).map(<[_]>::len).max().unwrap();
        let allowed = i64::try_from(limit.quotas[0].limit.get()).unwrap();
        let expected = allowed - i64::try_from(fullest).unwrap();
        prop_assert_eq!(margins(&limit, &starts), vec![Some(expected)]);
    }

    #[test]
    fn a_log_that_just_fits_the_pace_passes_and_one_call_more_is_found(
        gaps in gaps(),
        text in prop_oneof![Just("50/s"), Just("200/s"), Just("60/m")],
        burst in 1..8u32,
    ) {
        let limit = limit(text, burst, &[]);
        let mut bucket = Bucket { interval: rate(&limit).interval(), burst, turn: Timestamp::EPOCH };
        let mut starts: Vec<Timestamp> = instants(&gaps).iter().map(|wanted| bucket.take(*wanted)).collect();
        let last = starts[starts.len() - 1];
        // As many at once as there is room for.
        let full = bucket.take(last);
        starts.push(full);
        while bucket.earliest() <= full {
            starts.push(bucket.take(full));
        }
        let passed = |starts: &[Timestamp]| margins(&limit, starts)[0].unwrap() < 0;
        prop_assert!(!passed(&starts), "{:?}", replay(&limit, &starts.iter().copied().collect()));
        starts.push(full);
        prop_assert_eq!(margins(&limit, &starts), vec![Some(-1)]);
    }

    #[test]
    fn what_the_calendar_gives_out_is_never_found_guilty(
        steps in proptest::collection::vec((0..4usize, 0..900u64, 1..200u32, 0..=100u32), 1..100),
        text in prop_oneof![Just("50/s"), Just("7/s"), Just("1000/s"), Just("none")],
        burst in 1..8u32,
        quotas in prop_oneof![Just(vec![]), Just(vec!["100/5s", "300/m"]), Just(vec!["70/d"])],
        near_midnight in any::<bool>(),
    ) {
        let limit = limit(text, burst, &quotas);
        let mut state = LimitState::default();
        let midnight = Timestamp::from_secs(1_800_000_000 / 86_400 * 86_400);
        let mut now = if near_midnight { midnight.minus(Duration::from_secs(20)) } else { midnight };
        let mut starts = Vec::new();
        for (drainer, millis, slots, late_percent) in steps {
            now = now.plus(Duration::from_millis(millis));
            let booking = book(&limit, &state, now, &Want::new(format!("d{drainer}").parse().unwrap(), slots));
            state = booking.state.unwrap_or(state);
            if let Answer::Lease(lease) = booking.answer {
                let slots = (0..lease.count).map(|number| lease.slot(number));
                starts.extend(slots.map(|slot| slot.at.plus(slot.use_by.since(slot.at) * late_percent / 100)));
            }
        }
        let findings = replay(&limit, &starts.iter().copied().collect());
        prop_assert!(!findings.iter().any(Finding::is_passed), "{findings:?}");
    }
}

#[test]
fn a_day_is_the_limits_own_and_a_month_too() {
    let mut limit = limit("none", 1, &["2/d", "3/mo"]);
    limit.time_zone = jiff::tz::TimeZone::get("Europe/Oslo").unwrap();
    let instants = ["2026-03-01T21:00:00Z", "2026-03-01T22:59:59Z", "2026-03-01T23:00:00Z"];
    let starts: Starts = instants.into_iter().map(instant).collect();
    let findings = replay(&limit, &starts);
    let told = |finding: &Finding| {
        let worst = finding.worst.unwrap();
        format!("{} {} to {}: {} of {}", finding.rule, worst.from, worst.to, worst.calls, worst.allowed)
    };
    assert_eq!(
        findings.iter().map(told).collect::<Vec<_>>(),
        [
            "2/d 2026-02-28T23:00:00.000000Z to 2026-03-01T23:00:00.000000Z: 2 of 2",
            "3/mo 2026-02-28T23:00:00.000000Z to 2026-03-31T22:00:00.000000Z: 3 of 3",
        ]
    );
    assert!(!findings.iter().any(Finding::is_passed));
}

#[test]
fn one_call_too_many_in_a_quota_is_found_where_it_is() {
    let limit = limit("none", 1, &["3/10s"]);
    let starts = instants(&[0, 9_000_000, 500_000, 499_999, 1, 0]);
    let findings = replay(&limit, &starts.iter().copied().collect());
    let worst = findings[0].worst.unwrap();
    assert_eq!((worst.from, worst.calls, worst.margin()), (starts[1], 5, -2));
    assert_eq!(margins(&limit, &starts[..4]), [Some(-1)]);
    assert_eq!(margins(&limit, &[&starts[..3], &starts[4..5]].concat()), [Some(0)], "the end is not in it");
}

#[test]
fn without_calls_nothing_is_the_worst_and_without_rules_nothing_is_checked() {
    assert_eq!(margins(&limit("50/s", 1, &["60/m"]), &[]), [None, None]);
    assert_eq!(margins(&limit("none", 1, &[]), &instants(&[0, 0, 0])), []);
}

fn instant(text: &str) -> Timestamp {
    jobq_core::human::parse_instant(text, Timestamp::EPOCH).unwrap()
}
