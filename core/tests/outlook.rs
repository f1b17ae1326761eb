//! The outlook, held against the calendar itself: what is foretold is what greedy drainers then do.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may panic, and counts are small"
)]

use std::num::NonZeroU32;
use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::opening::Opening;
use jobq_core::policy::calendar::book::{Answer, Want, book};
use jobq_core::policy::calendar::cool::{Refusal, cool};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::calendar::steer::{By, Steer, steer};
use jobq_core::policy::fair::Turns;
use jobq_core::policy::outlook::{Concern, Eta, Outlook, Waiting, outlook};
use jobq_core::policy::schedule::{Openness, openness};
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;
use proptest::prelude::{Just, Strategy, prop_assert, prop_oneof, proptest};
use proptest::test_runner::{Config, FileFailurePersistence};

fn limit(rate: &str, quotas: &[&str]) -> Limit {
    let mut limit = Limit::new("api".parse().unwrap(), rate.parse().unwrap());
    limit.quotas = quotas.iter().map(|quota| quota.parse().unwrap()).collect();
    limit
}

/// Ten in the morning, UTC.
fn morning() -> Timestamp {
    Timestamp::from_secs(1_800_000_000 / 86_400 * 86_400 + 10 * 3_600)
}

fn queue(tasks: u64) -> Waiting<'static> {
    Waiting { tasks, weight: NonZeroU32::MIN, schedule: &[], kept_for: None, pause: None }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn least(outlook: &Outlook) -> f64 {
    match outlook.eta {
        Eta::In { least, .. } => least.as_secs_f64(),
        Eta::Empty => 0.0,
        Eta::Paused { .. } | Eta::Never => f64::INFINITY,
    }
}

fn one(limit: &Limit, state: &LimitState, queue: Waiting<'_>, seen: Option<f64>) -> Outlook {
    outlook(limit, state, morning(), &[queue], seen).remove(0)
}

/// One greedy drainer books from `now` on for what waits: when each queue is empty, and the document then.
fn drained(
    limit: &Limit,
    mut state: LimitState,
    now: Timestamp,
    queues: &[Waiting<'_>],
) -> (Vec<f64>, LimitState) {
    let mut left: Vec<u64> = queues.iter().map(|queue| queue.tasks).collect();
    let mut ends = vec![0.0; queues.len()];
    let mut turns = Turns::new(queues.iter().map(|queue| queue.weight.get()));
    let mut at = now;
    while left.iter().any(|left| *left > 0) {
        let is_open = |queue: &Waiting<'_>| !matches!(openness(queue.schedule, at), Openness::Closed { .. });
        let open: Vec<bool> = queues.iter().map(is_open).collect();
        let slots: u64 = left.iter().zip(&open).filter(|(_, open)| **open).map(|(left, _)| left).sum();
        if slots == 0 {
            at = at.plus(secs(30));
            continue;
        }
        // Few at once, so that a queue that closes has soon had its last.
        let want = Want::new("d".parse().unwrap(), u32::try_from(slots.min(100)).unwrap());
        let booking = book(limit, &state, at, &want);
        state = booking.state.unwrap_or(state);
        match booking.answer {
            Answer::Wait { until, .. } => at = until.max(at.plus(Duration::from_millis(1))),
            Answer::Alive => unreachable!("slots were wanted"),
            Answer::Lease(lease) => {
                for number in 0..lease.count {
                    let Some(next) = turns.next(|queue| left[queue] > 0 && open[queue]) else { break };
                    left[next] -= 1;
                    ends[next] = lease.slot(number).at.since(now).as_secs_f64();
                }
            }
        }
    }
    (ends, state)
}

/// The same queue with a share of its tasks, and some more.
fn scaled(queue: Waiting<'_>, share: f64, more: f64) -> Waiting<'_> {
    let tasks = if queue.tasks == 0 { 0.0 } else { queue.tasks as f64 * share + more };
    Waiting { tasks: tasks.max(0.0) as u64, ..queue }
}

/// The document of a limit that was drained for a while until `now`.
fn after(limit: &Limit, tasks: u64, refused: bool, now: Timestamp) -> LimitState {
    let begun = now.minus(secs(40));
    let mut state = LimitState::default();
    if tasks > 0 {
        state = drained_until(limit, state, begun, now, tasks);
    }
    if refused {
        let refusal = Refusal { started_at: now, status: 429, hint: Some(secs(5)) };
        state = cool(limit, &state, now, refusal).unwrap();
    }
    state
}

fn drained_until(
    limit: &Limit,
    mut state: LimitState,
    from: Timestamp,
    to: Timestamp,
    tasks: u64,
) -> LimitState {
    let (mut at, mut left) = (from, tasks);
    while at < to && left > 0 {
        let want = Want::new("d".parse().unwrap(), u32::try_from(left.min(50)).unwrap());
        let booking = book(limit, &state, at, &want);
        match booking.answer {
            Answer::Wait { until, .. } => at = until.max(at.plus(Duration::from_millis(1))),
            Answer::Lease(lease) if lease.first < to => {
                left -= u64::from(lease.count);
                state = booking.state.unwrap_or(state);
            }
            Answer::Lease(_) | Answer::Alive => break,
        }
    }
    state
}

fn config(cases: u32) -> Config {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/outlook.seeds");
    Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        ..Config::default()
    }
}

fn quotas() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        Just(vec![]),
        Just(vec!["600/m"]),
        Just(vec!["100/10s"]),
        Just(vec!["2000/d"]),
        Just(vec!["600/m", "1500/h"]),
        Just(vec!["40/s", "3000/d sliding"]),
    ]
}

proptest! {
    #![proptest_config(config(200))]

    /// The fluid against the calendar that drainers really book on. Calls come one by one, and leave a window by
    /// sub-windows: so it is held against what is foretold for a few tasks fewer, and for a few more.
    #[test]
    fn what_is_foretold_is_what_the_calendar_then_gives_out(
        tasks in 50..4_000u64,
        others in 0..3_000u64,
        weight in 1..5u32,
        rate in prop_oneof![Just("50/s"), Just("20/s"), Just("300/m")],
        quotas in quotas(),
        before in 0..1_500u64,
        refused in proptest::bool::ANY,
    ) {
        let limit = limit(rate, &quotas);
        let state = after(&limit, before, refused, morning());
        let other = Waiting { weight: weight.try_into().unwrap(), ..queue(others) };
        let queues = [queue(tasks), other];
        let told = |share: f64, more: f64| {
            let scaled = queues.map(|queue| scaled(queue, share, more));
            outlook(&limit, &state, morning(), &scaled, None)
        };
        let (fewer, more) = (told(0.98, -5.0), told(1.02, 5.0));
        let (ends, _) = drained(&limit, state.clone(), morning(), &queues);
        // A sub-window of a day is 24 minutes wide, one of an hour a minute: what leaves it leaves in such steps.
        let long = quotas.iter().any(|quota| quota.contains("/h") || quota.contains("/d"));
        let step = |end: f64| if long { 1_500.0 } else { 2.0 + 0.01 * end };
        for ((fewer, more), end) in fewer.iter().zip(&more).zip(ends) {
            let (fewer, more) = (least(fewer), least(more));
            prop_assert!(fewer - step(end) <= end && end <= more + step(end), "told {fewer} to {more}, was {end}");
        }
    }

    #[test]
    fn more_work_and_more_company_never_help(
        tasks in 1..100_000u64,
        more in 0..50_000u64,
        company in 0..50_000u64,
        quotas in quotas(),
        seen in 0.5..80.0f64,
    ) {
        let limit = limit("50/s", &quotas);
        let state = LimitState::default();
        let alone = one(&limit, &state, queue(tasks), Some(seen));
        let Eta::In { least: at_least, most: Some(at_most) } = alone.eta else { panic!("{alone:?}") };
        prop_assert!(at_least <= at_most);
        prop_assert!(at_least.as_secs_f64() >= tasks as f64 / 49.0 - 0.01);
        prop_assert!(least(&one(&limit, &state, queue(tasks + more), None)) >= least(&alone) - 1e-6);
        let together = outlook(&limit, &state, morning(), &[queue(tasks), queue(company)], None);
        prop_assert!(least(&together[0]) >= least(&alone) - 1e-6);
    }
}

#[test]
fn the_range_goes_from_what_is_allowed_to_what_was_seen() {
    let limit = limit("50/s", &[]);
    let told = one(&limit, &LimitState::default(), queue(49_000), Some(24.5));
    let Eta::In { least, most } = told.eta else { panic!("{told:?}") };
    assert_eq!((least.as_secs(), most.map(|most| most.as_secs())), (1_000, Some(2_000)));
    assert_eq!(told.concerns, []);
    let nobody = one(&limit, &LimitState::default(), queue(49_000), Some(0.0));
    assert!(matches!(nobody.eta, Eta::In { most: None, .. }), "{nobody:?}");
    assert_eq!(one(&limit, &LimitState::default(), queue(0), None).eta, Eta::Empty);
    let unpaced = Limit::new("api".parse().unwrap(), Pace::Unlimited);
    let told = one(&unpaced, &LimitState::default(), queue(1_000), Some(10.0));
    let Eta::In { least, most } = told.eta else { panic!("{told:?}") };
    assert_eq!((least.as_secs(), most.map(|most| most.as_secs())), (0, Some(100)));
}

#[test]
fn queues_share_the_limit_by_weight_until_one_is_empty() {
    let limit = limit("50/s", &[]);
    let heavy = Waiting { weight: NonZeroU32::MIN.saturating_add(2), ..queue(1_470) };
    let told = outlook(&limit, &LimitState::default(), morning(), &[heavy, queue(980)], None);
    // Three quarters of 49/s for 40 s; then the other's remaining 490 alone.
    assert!((least(&told[0]) - 40.0).abs() < 0.1 && (least(&told[1]) - 50.0).abs() < 0.1, "{told:?}");
}

#[test]
fn steering_by_hand_is_in_it() {
    let (limit, now) = (limit("50/s", &[]), morning());
    let by = || By { who: "test".to_owned(), at: now, why: None };
    let paused = steer(&LimitState::default(), Steer::Pause(None), by());
    assert_eq!(one(&limit, &paused, queue(10), None).eta, Eta::Paused { until: None });
    assert_eq!(one(&limit, &paused, queue(0), None).eta, Eta::Empty);
    let slower = Steer::Set("10/s".parse().unwrap(), Some(now.plus(secs(100))));
    let slower = steer(&LimitState::default(), slower, by());
    let told = least(&one(&limit, &slower, queue(980 + 4_900), None));
    assert!((told - 200.0).abs() < 0.5, "{told}");
}

#[test]
fn a_long_quota_that_will_be_used_up_is_told_and_waited_for() {
    let limit = limit("50/s", &["65000/d", "3600/m"]);
    let told = one(&limit, &LimitState::default(), queue(70_000), None);
    let used_up = morning().plus(Duration::from_secs_f64(65_000.0 / 49.0));
    let [Concern::UsedUp { quota, at }] = told.concerns[..] else { panic!("{told:?}") };
    assert_eq!(quota.to_string(), "65000/d");
    assert!(at.since(used_up).max(used_up.since(at)) < secs(2), "{at} and not {used_up}");
    let until_midnight = 14.0 * 3_600.0;
    assert!((least(&told) - until_midnight - 5_000.0 / 49.0).abs() < 3.0, "{}", least(&told));
    assert_eq!(one(&limit, &LimitState::default(), queue(60_000), None).concerns, []);
}

#[test]
fn what_closes_first_goes_on_at_its_next_opening() {
    let limit = limit("50/s", &[]);
    let schedule: Vec<Opening> = vec!["cron(0 10 * * ? *) for 1h".parse().unwrap()];
    let told =
        one(&limit, &LimitState::default(), Waiting { schedule: &schedule, ..queue(49 * 3_600 + 490) }, None);
    assert_eq!(told.concerns, [Concern::Closes { at: morning().plus(secs(3_600)) }]);
    assert!((least(&told) - 86_400.0 - 10.0).abs() < 1.0, "{told:?}");
    let over: Vec<Opening> = vec!["cron(0 10 1 1 ? 2020) for 1h".parse().unwrap()];
    assert_eq!(
        one(&limit, &LimitState::default(), Waiting { schedule: &over, ..queue(1) }, None).eta,
        Eta::Never
    );
}

#[test]
fn what_the_backend_will_have_forgotten_is_told() {
    let limit = limit("1/s", &[]);
    let week = Some(secs(7 * 86_400));
    let kept = |tasks, seen| {
        one(&limit, &LimitState::default(), Waiting { kept_for: week, ..queue(tasks) }, seen).concerns
    };
    assert_eq!(kept(500_000, None), []);
    assert_eq!(kept(600_000, None), [Concern::Forgotten { at: morning().plus(secs(7 * 86_400)) }]);
    // At the pace allowed it would do, at the pace seen it won't.
    assert_eq!(kept(500_000, Some(0.5)).len(), 1);
}

#[test]
fn phases_are_in_it() {
    let mut limit = limit("50/s", &[]);
    limit.phases.list = ["5/s for 1m", "5/s to 50/s for 2m"].map(|phase| phase.parse().unwrap()).to_vec();
    for tasks in [100, 1_000, 3_500, 10_000] {
        let told = least(&one(&limit, &LimitState::default(), queue(tasks), None));
        let (ends, _) = drained(&limit, LimitState::default(), morning(), &[queue(tasks)]);
        assert!((told / ends[0] - 1.0).abs() < 0.02, "{tasks} tasks: told {told}, took {}", ends[0]);
    }
}

#[test]
fn years_of_work_are_told_without_playing_each_window() {
    let limit = limit("none", &["10/s"]);
    let told = least(&one(&limit, &LimitState::default(), queue(100_000_000), None));
    assert!((told / 10_291_000.0 - 1.0).abs() < 0.02, "{told}");
}
