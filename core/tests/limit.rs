//! Promises P2 and P3 as properties of the calendar: whatever drainers do, no window is passed; and while
//! tasks wait, the limit is reached. Here a drainer is only its bookings and the instants it starts calls at.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test may panic, and counts are small")]

use std::time::Duration;

use jobq_core::lease::Lease;
use jobq_core::limit::Limit;
use jobq_core::name::DrainerId;
use jobq_core::policy::calendar::book::{Answer, Want, Why, book, leave};
use jobq_core::policy::calendar::cool::{Refusal, cool};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::calendar::steer::{By, Steer, steer};
use jobq_core::quota::Window;
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::{Config, FileFailurePersistence};

const CLOCK_ERROR: Duration = Duration::from_millis(3);

/// What happens next in a history of drainers sharing a limit.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes.
    Pass(Duration),
    /// A drainer books and uses its lease: how late (in percent of what is allowed), how many slots it
    /// uses before it stops, and whether it gives the rest back or dies with it.
    Book { drainer: usize, slots: u32, late_percent: u64, used: u32, gives_back: bool },
    /// The API refuses a call.
    Refuse { hint: Option<u8> },
    /// Somebody sets a slower pace for a while, pauses, or goes back.
    Steer(Steer),
}

fn step() -> impl Strategy<Value = Step> {
    let slower: Pace = "1/s".parse().unwrap();
    prop_oneof![
        4 => (0..700u64).prop_map(|millis| Step::Pass(Duration::from_millis(millis))),
        1 => (0..30u64).prop_map(|seconds| Step::Pass(Duration::from_secs(seconds))),
        12 => (0..4usize, 1..200u32, 0..=100u64, 0..200u32, any::<bool>()).prop_map(
            |(drainer, slots, late_percent, used, gives_back)| {
                Step::Book { drainer, slots, late_percent, used, gives_back }
            }
        ),
        1 => proptest::option::of(0..3u8).prop_map(|hint| Step::Refuse { hint }),
        1 => prop_oneof![
            Just(Step::Steer(Steer::Set(slower, None))),
            Just(Step::Steer(Steer::Reset)),
            Just(Step::Steer(Steer::Pause(None))),
            Just(Step::Steer(Steer::Resume)),
        ],
    ]
}

fn limit(rate: &str, burst: u32, quotas: &[&str]) -> Limit {
    let mut limit = Limit::new("api".parse().unwrap(), rate.parse().unwrap());
    limit.burst = burst.try_into().unwrap();
    limit.quotas = quotas.iter().map(|quota| quota.parse().unwrap()).collect();
    limit
}

fn want(drainer: usize, slots: u32) -> Want {
    Want::new(format!("d{drainer}").parse().unwrap(), slots)
}

/// The instants at which calls start when the history happens, in true time. Each drainer's clock is a
/// little off, and each in its own direction.
fn starts(limit: &Limit, steps: &[Step]) -> Vec<Timestamp> {
    let mut state = LimitState::default();
    let mut now = Timestamp::from_secs(1_800_000_000);
    let mut unused: Vec<Vec<Lease>> = vec![Vec::new(); 4];
    let mut starts = Vec::new();
    let by = |at| By { who: "test".to_owned(), at, why: None };
    for step in steps {
        match step.clone() {
            Step::Pass(length) => now = now.plus(length),
            Step::Refuse { hint } => {
                let hint = hint.map(|seconds| Duration::from_secs(seconds.into()));
                let refusal = Refusal { started_at: now, status: 429, hint };
                state = cool(limit, &state, now, refusal).unwrap_or(state);
            }
            Step::Steer(change) => state = steer(&state, change, by(now)),
            Step::Book { drainer, slots, late_percent, used, gives_back } => {
                let ahead = drainer % 2 == 0;
                let local = if ahead { now.plus(CLOCK_ERROR) } else { now.minus(CLOCK_ERROR) };
                let want = Want { unused: std::mem::take(&mut unused[drainer]), ..want(drainer, slots) };
                let booking = book(limit, &state, local, &want);
                state = booking.state.unwrap_or(state);
                let Answer::Lease(lease) = booking.answer else {
                    continue;
                };
                for number in 0..lease.count.min(used) {
                    let slot = lease.slot(number);
                    let late = slot.use_by.since(slot.at).mul_f64(late_percent as f64 / 100.0);
                    let start = slot.at.plus(late);
                    starts.push(if ahead { start.minus(CLOCK_ERROR) } else { start.plus(CLOCK_ERROR) });
                }
                if gives_back && used < lease.count {
                    let first = lease.first.plus(lease.interval * used);
                    unused[drainer].push(Lease { first, count: lease.count - used, ..lease });
                }
            }
        }
    }
    starts.sort();
    starts
}

/// The most starts in any stretch of `window`, its end excluded.
fn most_within(starts: &[Timestamp], window: Duration) -> usize {
    let ends = |from: usize| starts.partition_point(|start| *start < starts[from].plus(window));
    (0..starts.len()).map(|from| ends(from) - from).max().unwrap_or(0)
}

fn config() -> Config {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/limit.seeds");
    Config {
        cases: 2000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn p2_no_window_of_the_pace_is_passed(
        steps in proptest::collection::vec(step(), 1..150),
        rate in prop_oneof![Just("50/s"), Just("200/s"), Just("7/s"), Just("1000/s"), Just("90/m")],
        burst in 1..12u32,
        phases in prop_oneof![Just(vec![]), Just(vec!["1/s for 5s", "1/s to 90/m for 20s"])],
    ) {
        let mut limit = limit(rate, burst, &[]);
        limit.phases.list = phases.into_iter().map(|phase| phase.parse().unwrap()).collect();
        let starts = starts(&limit, &steps);
        let Pace::Limited(rate) = limit.pace else { unreachable!() };
        for window in [20, 100, 1_000, 1_700, 10_000].map(Duration::from_millis) {
            let bound = rate.per_second() * (window + CLOCK_ERROR * 2).as_secs_f64() + f64::from(burst) + 1.0;
            let most = most_within(&starts, window);
            prop_assert!(most as f64 <= bound, "{most} calls in {window:?}, bound {bound}");
        }
    }

    #[test]
    fn p2_no_sliding_quota_is_passed(
        steps in proptest::collection::vec(step(), 1..150),
        burst in 1..12u32,
        quotas in prop_oneof![
            Just(vec!["100/5s"]), Just(vec!["60/m"]), Just(vec!["20/s", "100/10s", "300/m"]), Just(vec!["150/m"]),
        ],
        rate in prop_oneof![Just("50/s"), Just("none"), Just("400/s")],
    ) {
        let limit = limit(rate, burst, &quotas);
        let starts = starts(&limit, &steps);
        for quota in &limit.quotas {
            let Window::Sliding(window) = quota.window else { unreachable!() };
            let most = most_within(&starts, window) as u64;
            prop_assert!(most <= quota.limit.get(), "{most} calls in {window:?} under {quota}");
        }
    }

    #[test]
    fn p2_a_calendar_quota_holds_from_midnight_to_midnight(
        steps in proptest::collection::vec(step(), 1..150),
        days in proptest::collection::vec(0..3u64, 1..6),
    ) {
        let limit = limit("400/s", 4, &["70/d"]);
        let mut spread = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            let hours = days[index % days.len()];
            spread.push(Step::Pass(Duration::from_secs(hours * 3_600 / 4)));
            spread.push(step);
        }
        let starts = starts(&limit, &spread);
        let day = |start: &Timestamp| start.as_nanos() / 86_400_000_000_000;
        for group in starts.chunk_by(|a, b| day(a) == day(b)) {
            prop_assert!(group.len() <= 70, "{} calls in one day", group.len());
        }
    }

    #[test]
    fn p2_the_cap_on_calls_in_flight_is_never_passed(
        asks in proptest::collection::vec((0..5usize, 0..3_000u64, 0..10u32), 1..200),
        cap in 1..20u32,
    ) {
        let mut limit = limit("none", 1, &[]);
        limit.max_in_flight = Some(cap.try_into().unwrap());
        let (mut state, mut now) = (LimitState::default(), Timestamp::from_secs(1_800_000_000));
        // How many calls each drainer has under way, and when it last asked; one that doesn't ask for long is dead.
        let mut under_way = [0u32; 5];
        let mut asked = [Timestamp::EPOCH; 5];
        for (drainer, millis, ended) in asks {
            now = now.plus(Duration::from_millis(millis));
            for other in 0..5 {
                if now.since(asked[other]) >= Duration::from_secs(5) {
                    under_way[other] = 0;
                }
            }
            under_way[drainer] = under_way[drainer].saturating_sub(ended);
            let want = Want { in_flight: under_way[drainer], ..want(drainer, 10) };
            let booking = book(&limit, &state, now, &want);
            state = booking.state.unwrap_or(state);
            asked[drainer] = now;
            // It starts as many calls as it may, whatever the answer.
            under_way[drainer] = under_way[drainer].max(booking.permits.unwrap());
            let all: u32 = under_way.iter().sum();
            prop_assert!(all <= cap, "{all} calls in flight, cap {cap}");
        }
    }
}

/// Drainers that ask whenever they may, and use every slot: how many calls start in `seconds`.
fn greedy(limit: &Limit, drainers: usize, in_hand: u32, seconds: u64) -> usize {
    let mut state = LimitState::default();
    let begin = Timestamp::from_secs(1_800_000_000);
    let end = begin.plus(Duration::from_secs(seconds));
    let mut ask_at = vec![begin; drainers];
    let mut calls = 0;
    loop {
        let drainer = (0..drainers).min_by_key(|drainer| ask_at[*drainer]).unwrap();
        let now = ask_at[drainer];
        if now >= end {
            return calls;
        }
        let booking = book(limit, &state, now, &want(drainer, in_hand));
        state = booking.state.unwrap_or(state);
        ask_at[drainer] = match booking.answer {
            Answer::Lease(lease) => {
                calls += (0..lease.count).filter(|slot| lease.slot(*slot).at < end).count();
                lease.end().minus(Duration::from_millis(250)).max(now.plus(Duration::from_millis(1)))
            }
            Answer::Wait { until, .. } => until.max(now.plus(Duration::from_micros(100))),
            Answer::Alive => unreachable!("slots were wanted"),
        };
    }
}

proptest! {
    #![proptest_config(Config { cases: 60, ..config() })]

    #[test]
    fn p3_the_limit_is_reached_while_tasks_wait(
        rate in prop_oneof![Just(50u32), Just(200), Just(1_000), Just(3)],
        drainers in 1..6usize,
        in_hand in 1..300u32,
    ) {
        let limit = limit(&format!("{rate}/s"), 1, &[]);
        let calls = greedy(&limit, drainers, in_hand, 30);
        prop_assert!(calls as f64 >= f64::from(rate) * 30.0 * 0.97, "{calls} calls");
    }

    #[test]
    fn p3_a_quota_is_reached_while_tasks_wait(drainers in 1..6usize) {
        let limit = limit("50/s", 1, &["600/m"]);
        let calls = greedy(&limit, drainers, 100, 1_200);
        prop_assert!(calls as f64 >= 600.0 * 20.0 * 0.95, "{calls} calls");
    }

    #[test]
    fn a_pause_holds_from_the_next_lease_and_an_override_ends_by_itself(seconds in 1..1_000u64) {
        let limit = limit("50/s", 1, &[]);
        let now = Timestamp::from_secs(1_800_000_000 + seconds);
        let by = By { who: "test".to_owned(), at: now, why: None };
        let paused = steer(&LimitState::default(), Steer::Pause(None), by.clone());
        let answer = book(&limit, &paused, now, &want(0, 10)).answer;
        let is_paused = matches!(answer, Answer::Wait { why: Why::Paused, .. });
        prop_assert!(is_paused);
        let until = now.plus(Duration::from_secs(1));
        let set = steer(&LimitState::default(), Steer::Set("20/s".parse().unwrap(), Some(until)), by);
        for (at, interval) in [(now, 51_020_409), (until, 20_408_164)] {
            let Answer::Lease(lease) = book(&limit, &set, at, &want(0, 10)).answer else { unreachable!() };
            prop_assert_eq!(lease.interval, Duration::from_nanos(interval));
        }
    }
}

/// Books one slot at a time around an instant and tells how many a day or month has given by then.
fn given(quota: &str, zone: &str, instants: &[(&str, bool)]) {
    let mut limit = limit("1000/s", 1, &[quota]);
    limit.time_zone = jiff::tz::TimeZone::get(zone).unwrap();
    let mut state = LimitState::default();
    for (instant, expected) in instants {
        let instant: jiff::Timestamp = instant.parse().unwrap();
        let now = Timestamp::from_nanos(instant.as_nanosecond().try_into().unwrap());
        let booking = book(&limit, &state, now, &want(0, 1));
        state = booking.state.unwrap_or(state);
        assert_eq!(matches!(booking.answer, Answer::Lease(_)), *expected, "{instant}");
    }
}

#[test]
fn p2_a_day_ends_at_the_limits_own_midnight() {
    let evening =
        [("2026-03-01T22:00:00Z", true), ("2026-03-01T22:30:00Z", false), ("2026-03-01T23:00:00Z", true)];
    given("1/d", "Europe/Oslo", &evening);
    given(
        "1/d",
        "UTC",
        &[("2026-03-01T23:00:00Z", true), ("2026-03-01T23:59:00Z", false), ("2026-03-02T00:00:00Z", true)],
    );
}

#[test]
fn p2_a_day_with_daylight_saving_is_23_or_25_hours_long() {
    // Oslo: summer time began on 2026-03-29 and ended on 2026-10-25.
    given(
        "1/d",
        "Europe/Oslo",
        &[("2026-03-28T23:00:00Z", true), ("2026-03-29T21:59:00Z", false), ("2026-03-29T22:00:00Z", true)],
    );
    given(
        "1/d",
        "Europe/Oslo",
        &[("2026-10-24T22:00:00Z", true), ("2026-10-25T22:59:00Z", false), ("2026-10-25T23:00:00Z", true)],
    );
}

#[test]
fn p2_a_leap_day_is_a_day_and_february_a_month() {
    given(
        "1/d",
        "UTC",
        &[
            ("2028-02-28T12:00:00Z", true),
            ("2028-02-29T00:00:00Z", true),
            ("2028-02-29T12:00:00Z", false),
            ("2028-03-01T00:00:00Z", true),
        ],
    );
    given(
        "1/mo",
        "UTC",
        &[("2028-02-01T00:00:00Z", true), ("2028-02-29T23:00:00Z", false), ("2028-03-01T00:00:00Z", true)],
    );
}

#[test]
fn p2_no_slot_lies_so_close_before_midnight_that_its_call_could_arrive_after_it() {
    given(
        "1000/d",
        "UTC",
        &[
            ("2026-03-01T23:59:58.9Z", true),
            ("2026-03-01T23:59:59.5Z", false),
            ("2026-03-02T00:00:00Z", true),
        ],
    );
}

#[test]
fn a_calendar_far_ahead_of_the_clock_is_not_followed() {
    let limit = limit("50/s", 1, &[]);
    let now = Timestamp::from_secs(1_800_000_000);
    let state = LimitState { last_slot: Some(now.plus(Duration::from_secs(3_600))), ..LimitState::default() };
    let answer = book(&limit, &state, now, &want(0, 1)).answer;
    assert!(matches!(answer, Answer::Wait { why: Why::Clock, .. }));
}

#[test]
fn who_leaves_frees_its_slots_and_its_permits() {
    let mut limit = limit("1/s", 1, &["5/m"]);
    limit.max_in_flight = Some(1.try_into().unwrap());
    let now = Timestamp::from_secs(1_800_000_000);
    let first = book(&limit, &LimitState::default(), now, &want(0, 1));
    let (state, Answer::Lease(lease)) = (first.state.unwrap(), first.answer) else { unreachable!() };
    let refused = book(&limit, &state, now, &want(1, 1)).answer;
    assert!(matches!(refused, Answer::Wait { why: Why::InFlight, .. }));
    let drainer: DrainerId = "d0".parse().unwrap();
    let left = leave(&limit, &state, &drainer, &[lease]);
    let answer = book(&limit, &left, now, &want(1, 1)).answer;
    assert!(matches!(answer, Answer::Lease(lease) if lease.first == now));
}

#[test]
fn p2_no_lease_reaches_beyond_an_override() {
    let limit = limit("1/s", 1, &[]);
    let (now, by) = (Timestamp::from_secs(1_800_000_000), |at| By { who: "test".to_owned(), at, why: None });
    let ends = now.plus(Duration::from_secs(2));
    let set = Steer::Set("1000/s".parse().unwrap(), Some(ends));
    let mut state = steer(&LimitState::default(), set, by(now));
    let mut beyond = 0;
    for millis in 0..2_000 {
        let booking = book(&limit, &state, now.plus(Duration::from_millis(millis)), &want(0, 50));
        state = booking.state.unwrap_or(state);
        if let Answer::Lease(lease) = booking.answer {
            beyond += (0..lease.count).filter(|slot| lease.slot(*slot).at >= ends).count();
        }
    }
    assert_eq!(beyond, 0);
}

#[test]
fn p2_what_a_slow_override_left_is_not_caught_up_at_the_fast_pace() {
    let limit = limit("50/s", 10, &[]);
    let now = Timestamp::from_secs(1_800_000_000);
    let by = By { who: "test".to_owned(), at: now, why: None };
    let slow = steer(&LimitState::default(), Steer::Set("1/s".parse().unwrap(), None), by.clone());
    let Answer::Lease(lease) = book(&limit, &slow, now, &want(0, 10)).answer else { unreachable!() };
    let slot = lease.slot(lease.count - 1);
    assert!(slot.use_by.since(slot.at) <= Duration::from_millis(200), "ten slots of the configured pace");
}

#[test]
fn p2_one_incident_is_one_episode_however_many_drainers_saw_it() {
    let limit = limit("50/s", 1, &[]);
    let begin = Timestamp::from_secs(1_800_000_000);
    let mut state = LimitState::default();
    for drainer in 0..8u32 {
        // Each still calls on the lease it had when the first refusal came.
        let now = begin.plus(Duration::from_millis(60) * drainer);
        state =
            cool(&limit, &state, now, Refusal { started_at: now, status: 429, hint: None }).unwrap_or(state);
    }
    let cool_down = state.cool_down.unwrap();
    assert_eq!((cool_down.streak, cool_down.pace_per_mille), (1, 750));
}

#[test]
fn a_busy_drainer_shrinks_to_its_fair_part_as_its_calls_end() {
    let mut limit = limit("none", 1, &[]);
    limit.max_in_flight = Some(10.try_into().unwrap());
    let now = Timestamp::from_secs(1_800_000_000);
    let mut state = book(&limit, &LimitState::default(), now, &want(0, 10)).state.unwrap();
    let mut permits = [10, 0];
    let mut in_flight = [10u32, 0];
    for second in 1..20 {
        for drainer in 0..2 {
            in_flight[drainer] =
                in_flight[drainer].saturating_sub(1).max(permits[drainer].min(in_flight[drainer]));
            let want = Want { in_flight: in_flight[drainer], ..want(drainer, 10) };
            let booking = book(&limit, &state, now.plus(Duration::from_secs(second)), &want);
            state = booking.state.unwrap_or(state);
            permits[drainer] = booking.permits.unwrap();
            in_flight[drainer] = in_flight[drainer].saturating_sub(1).max(permits[drainer]);
        }
        assert!(in_flight[0] + in_flight[1] <= 10, "{in_flight:?}");
    }
    assert_eq!(permits, [5, 5]);
}
