//! Sizing a limit's drainers: what holds whatever is read, and single decisions by their reason.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::policy::calendar::state::{CoolDown, Holder, LimitState, Pause, Scaling};
use jobq_core::policy::scale::decide::{Decision, Held, Step, decide};
use jobq_core::policy::scale::reading::{Backlog, Cap, QueueReading, Reading};
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::policy::schedule::Openness;
use jobq_core::time::Timestamp;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof};
use proptest::{option, proptest};

const TEMPO: Tempo = Tempo::EACH_MINUTE;

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Fifty calls a second, at most four drainers, by default at the least each: 256 calls in flight.
fn limit() -> Limit {
    let mut limit = Limit::new("api".parse().unwrap(), "50/s".parse().unwrap());
    limit.drainers.max = NonZeroU32::new(4).unwrap();
    limit
}

/// One open queue that holds `ready` tasks, nothing arriving.
fn reading(ready: u64) -> Reading {
    let queues = vec![queue(Openness::Always, Some(ready))];
    Reading { at: now(), queues, arrivals: Some(0.0), cap: Cap::At(1) }
}

fn queue(openness: Openness, ready: Option<u64>) -> QueueReading {
    let backlog = ready.map(|ready| Backlog { ready, ..Backlog::default() });
    QueueReading { queue: "troops".parse().unwrap(), openness, backlog }
}

/// A drainer at work whose calls take `latency` ms and that ends `left` seconds from now.
fn holder(number: usize, latency_ms: u32, left: Option<u64>) -> Holder {
    Holder {
        drainer: format!("d{number}"),
        since: None,
        until: now().plus(seconds(5)),
        permits: 0,
        latency_ms,
        ends_at: left.map(|left| now().plus(seconds(left))),
        alone_until: None,
    }
}

fn at_work(holders: &[(u32, u64)]) -> LimitState {
    let holders = holders.iter().enumerate();
    let holders = holders.map(|(number, (latency, left))| holder(number, *latency, Some(*left)));
    LimitState { holders: holders.collect(), ..LimitState::default() }
}

fn scaling(desired: u32, lows: u8) -> Scaling {
    Scaling {
        at: now().minus(seconds(60)),
        desired,
        lows,
        started: 0,
        started_at: Timestamp::EPOCH,
        at_work: 0,
        latency_ms: 0,
    }
}

/// What the next decider finds when this one has written.
fn after(state: &LimitState, decision: &Decision) -> LimitState {
    let scaling = decision.next.clone().or_else(|| state.scaling.clone());
    LimitState { scaling, ..state.clone() }
}

fn any_limit() -> impl Strategy<Value = Limit> {
    let pace = prop_oneof![Just("50/s"), Just("1/m"), Just("5000/s"), Just("none")];
    (pace, 1..20u32, option::of(1..300u32), 1..4_000u64, option::of(1..100u32)).prop_map(
        |(pace, max, in_flight, target, cap)| {
            let mut limit = Limit::new("api".parse().unwrap(), pace.parse().unwrap());
            limit.drainers.max = NonZeroU32::new(max).unwrap();
            limit.drainers.in_flight = in_flight.and_then(NonZeroU32::new);
            limit.drainers.target_drain = seconds(target);
            limit.max_in_flight = cap.and_then(NonZeroU32::new);
            limit
        },
    )
}

fn any_state() -> impl Strategy<Value = LimitState> {
    let crew = prop::collection::vec((0..30_000u32, option::of(0..900u64)), 0..12);
    let last = (0..20u32, 0..3u8, 0..5u32, 0..40u64, 0..20u32, 0..20_000u32);
    (crew, option::of(last)).prop_map(|(crew, last)| {
        let holders = crew.into_iter().enumerate();
        let holders = holders.map(|(number, (latency, left))| holder(number, latency, left));
        let scaling = last.map(|(desired, lows, started, ago, at_work, latency_ms)| {
            let started_at = now().minus(seconds(ago));
            Scaling { started, started_at, at_work, latency_ms, ..scaling(desired, lows) }
        });
        LimitState { holders: holders.collect(), scaling, ..LimitState::default() }
    })
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let closed = Openness::Closed { until: None };
    let openness = prop_oneof![4 => Just(Openness::Always), 1 => Just(closed)];
    let backlog = (prop_oneof![Just(0), 0..100u64, 0..100_000u64], 0..300u64)
        .prop_map(|(ready, in_flight)| Backlog { ready, in_flight, delayed: 0 });
    let one = (openness, option::weighted(0.8, backlog)).prop_map(|(openness, backlog)| QueueReading {
        openness,
        backlog,
        ..queue(Openness::Always, None)
    });
    let cap = prop_oneof![Just(Cap::Unknown), Just(Cap::Unset), (0..30u32).prop_map(Cap::At)];
    (prop::collection::vec(one, 1..4), option::of(0.0..200.0), cap)
        .prop_map(|(queues, arrivals, cap)| Reading { at: now(), queues, arrivals, cap })
}

fn with_ready(reading: &Reading, ready: u64) -> Reading {
    let mut reading = reading.clone();
    reading.queues.push(queue(Openness::Always, Some(ready)));
    reading
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cap_is_at_least_one_and_nothing_is_more_than_max(
        limit in any_limit(), state in any_state(), reading in any_reading()
    ) {
        let decision = decide(&limit, &state, &reading, TEMPO);
        let max = limit.drainers.max.get();
        prop_assert!(decision.desired <= max);
        prop_assert!(decision.cap.is_none_or(|cap| (1..=max).contains(&cap)));
        prop_assert!(decision.start == 0 || decision.crew.total() + decision.start <= max);
        prop_assert!(decision.start <= decision.desired);
        if let (Cap::At(now), Some(cap)) = (reading.cap, decision.cap) {
            prop_assert!(cap != now);
            let lowered = cap < now && now <= max;
            prop_assert!(!lowered || decision.step == Step::Down);
        }
        let allowed = match (decision.cap, reading.cap) {
            (Some(cap), _) | (None, Cap::At(cap)) => cap,
            (None, _) => u32::MAX,
        };
        let room = decision.start == 0 || decision.crew.total() + decision.start <= allowed;
        prop_assert!(room, "who is started above the cap is lost");
    }

    #[test]
    fn more_waiting_never_means_fewer(
        limit in any_limit(), state in any_state(), reading in any_reading(), one in 0..99_999u64, two in 0..99_999u64
    ) {
        let (few, many) = (with_ready(&reading, one.min(two)), with_ready(&reading, one.max(two)));
        let (few, many) = (decide(&limit, &state, &few, TEMPO), decide(&limit, &state, &many, TEMPO));
        prop_assert!(few.desired <= many.desired);
        prop_assert!(few.start <= many.start);
    }

    #[test]
    fn whatever_may_be_received_has_a_drainer(
        limit in any_limit(), mut state in any_state(), reading in any_reading(), ready in 1..9u64
    ) {
        let reading = with_ready(&reading, ready);
        prop_assert!(decide(&limit, &state, &reading, TEMPO).desired >= 1);
        state.holders.clear();
        state.scaling = state.scaling.map(|last| Scaling { started: 0, ..last });
        prop_assert!(decide(&limit, &state, &reading, TEMPO).start >= 1);
    }

    #[test]
    fn what_is_not_known_lowers_nothing_and_nothing_known_changes_nothing(
        limit in any_limit(), state in any_state(), mut reading in any_reading()
    ) {
        let before = state.scaling.as_ref().map_or(0, |last| last.desired).min(limit.drainers.max.get());
        reading.queues.push(queue(Openness::Always, None));
        let partly = decide(&limit, &state, &reading, TEMPO);
        prop_assert!(partly.desired >= before);
        prop_assert!(partly.step != Step::Down);
        reading.queues.iter_mut().for_each(|queue| queue.backlog = None);
        let held = decide(&limit, &state, &reading, TEMPO);
        prop_assert_eq!(held.step, Step::Held(Held::Unmeasured));
        prop_assert_eq!(held.desired, before);
        prop_assert!(held.start <= held.crew.ending, "who ends is replaced, nobody comes beside");
        prop_assert!(held.start > 0 || held.cap.is_none());
        let lows = |last: &Scaling| (last.desired.min(limit.drainers.max.get()), last.lows);
        prop_assert!(held.next.is_none_or(|next| state.scaling.as_ref().is_none_or(|last| lows(&next) == lows(last))));
    }

    #[test]
    fn woken_again_before_anybody_is_seen_it_starts_nobody(
        limit in any_limit(), state in any_state(), reading in any_reading(), late in 0..5u64, seen in 0..3u32
    ) {
        let first = decide(&limit, &state, &reading, TEMPO);
        let mut state = after(&state, &first);
        // Some of those started may be at work already: they aren't both seen and awaited.
        let seen = seen.min(first.start);
        (0..seen).for_each(|number| state.holders.push(holder(100 + number as usize, 0, Some(890))));
        let mut later = reading.clone();
        later.at = reading.at.plus(seconds(late));
        let second = decide(&limit, &state, &later, TEMPO);
        // A drainer that meanwhile nears its end is another matter.
        if second.crew.ending == first.crew.ending && first.start > 0 {
            prop_assert_eq!(second.start, 0, "{} then {}", first.reason(), second.reason());
        }
    }

    #[test]
    fn zero_comes_after_three_zero_readings_a_while_apart(limit in any_limit(), desired in 1..20u32) {
        let desired = desired.min(limit.drainers.max.get());
        let mut state = LimitState { scaling: Some(scaling(desired, 0)), ..LimitState::default() };
        let mut seen = Vec::new();
        for at in [0, 1, 60, 61, 62, 120] {
            let mut reading = reading(0);
            reading.at = now().plus(seconds(at));
            let decision = decide(&limit, &state, &reading, TEMPO);
            seen.push(decision.desired);
            state = after(&state, &decision);
        }
        prop_assert_eq!(seen, [desired, desired, desired, desired, desired, 0]);
    }

    #[test]
    fn the_same_reading_makes_the_same_decision(
        limit in any_limit(), state in any_state(), reading in any_reading()
    ) {
        prop_assert_eq!(decide(&limit, &state, &reading, TEMPO), decide(&limit, &state, &reading, TEMPO));
    }

    #[test]
    fn a_paused_or_cooling_limit_starts_nobody_and_keeps_its_cap(
        limit in any_limit(), state in any_state(), reading in any_reading(), paused in any::<bool>()
    ) {
        let mut state = state;
        if paused {
            state.pause = Some(Pause { until: None });
        } else {
            let until = now().plus(seconds(90));
            state.cool_down =
                Some(CoolDown { since: now(), until, status: 429, streak: 1, pace_per_mille: 750 });
        }
        let decision = decide(&limit, &state, &reading, TEMPO);
        prop_assert_eq!((decision.start, decision.cap, decision.next), (0, None, None));
    }
}

/// What is decided about this limit, as people read it.
fn told(limit: &Limit, state: &LimitState, reading: &Reading) -> String {
    decide(limit, state, reading, TEMPO).reason()
}

#[test]
fn a_backlog_starts_as_many_as_the_pace_can_use() {
    let first = told(&limit(), &LimitState::default(), &reading(3_200));
    let nothing = "3,200 waiting, 0/s arriving, 1.8/s wanted of 49/s, 256 in flight each: 1 drainer; 0 at work, starting 1";
    assert_eq!(first, nothing);

    let mut limit = limit();
    limit.drainers.target_drain = seconds(60);
    let slow = told(&limit, &at_work(&[(10_000, 800)]), &reading(51_200));
    let expected = "51,200 waiting, 0/s arriving, 49/s wanted of 49/s, 10s a call, 256 in flight each: 2 drainers; \
                    1 at work, starting 1, cap to 2";
    assert_eq!(slow, expected);

    limit.drainers.in_flight = NonZeroU32::new(10);
    let capped = decide(&limit, &at_work(&[(10_000, 800)]), &reading(51_200), TEMPO);
    assert_eq!((capped.desired, capped.start, capped.cap), (4, 3, Some(4)));
}

#[test]
fn a_cap_on_calls_in_flight_bounds_what_is_of_use() {
    let mut limit = limit();
    limit.max_in_flight = NonZeroU32::new(30);
    limit.drainers.in_flight = NonZeroU32::new(20);
    limit.drainers.target_drain = seconds(60);
    let decision = decide(&limit, &at_work(&[(10_000, 800)]), &reading(51_200), TEMPO);
    assert_eq!(decision.desired, 2);
}

#[test]
fn a_drainer_that_nears_its_end_is_replaced_within_the_cap() {
    let decision = |left| decide(&limit(), &at_work(&[(200, left)]), &reading(9_000), TEMPO);
    assert_eq!((decision(91).start, decision(91).cap), (0, None));
    assert_eq!((decision(89).start, decision(89).cap), (1, Some(2)));

    let mut full = limit();
    full.drainers.max = NonZeroU32::MIN;
    let decision = decide(&full, &at_work(&[(200, 10)]), &reading(9_000), TEMPO);
    assert_eq!((decision.start, decision.cap), (0, None), "there is no room for two");
}

#[test]
fn a_low_reading_starts_no_more_than_it_has_a_use_for() {
    let state = LimitState { scaling: Some(scaling(4, 0)), ..LimitState::default() };
    let decision = decide(&limit(), &state, &reading(50), TEMPO);
    assert_eq!((decision.desired, decision.step, decision.start), (4, Step::Low(1), 1));
}

#[test]
fn what_can_not_be_seen_is_not_left_alone() {
    let replaced = |scaling: Option<Scaling>, in_flight, measured: bool| {
        let mut reading = reading(0);
        reading.queues[0].backlog = measured.then_some(Backlog { in_flight, ..Backlog::default() });
        let state = LimitState { scaling, ..at_work(&[(200, 60), (200, 800)]) };
        decide(&limit(), &state, &reading, TEMPO).start
    };
    assert_eq!(replaced(Some(scaling(2, 0)), 0, false), 1, "who ends is replaced");
    assert_eq!(replaced(Some(scaling(2, 0)), 3, true), 1, "tasks that come one by one are in flight at most");
    assert_eq!(replaced(Some(scaling(2, 0)), 0, true), 0, "nothing is left");
    assert_eq!(replaced(None, 0, false), 0, "nobody was wanted");
    let lately = Scaling { started: 1, started_at: now().minus(seconds(60)), at_work: 1, ..scaling(2, 0) };
    assert_eq!(replaced(Some(lately), 3, true), 0, "the other one has come for the one that ends");
}

#[test]
fn the_tasks_of_a_closed_queue_wait() {
    let mut reading = reading(0);
    reading.queues.push(queue(Openness::Closed { until: Some(now().plus(seconds(60))) }, Some(9_000)));
    reading.queues.push(queue(Openness::Closed { until: None }, None));
    let decision = decide(&limit(), &LimitState::default(), &reading, TEMPO);
    assert_eq!((decision.desired, decision.start, decision.step), (0, 0, Step::Same));
    assert_eq!(decision.next, None, "an idle limit's document isn't written");
}

#[test]
fn nobody_is_started_for_a_quota_that_is_used_up_for_long() {
    let mut limit = limit();
    limit.quotas = vec!["100/d".parse().unwrap()];
    let state = |used| {
        let day = now().as_nanos() / 86_400_000_000_000 * 86_400_000_000_000;
        let window = jobq_core::policy::calendar::state::WindowState {
            window: "d".to_owned(),
            start: day,
            counts: vec![used],
        };
        LimitState { windows: vec![window], ..LimitState::default() }
    };
    assert_eq!(decide(&limit, &state(99), &reading(9_000), TEMPO).start, 1);
    let full = decide(&limit, &state(100), &reading(9_000), TEMPO);
    assert!(matches!(full.step, Step::Held(Held::QuotaFull(_, _))), "{}", full.reason());
    assert_eq!((full.start, full.cap, full.next), (0, None, None));

    limit.quotas = vec!["600/m".parse().unwrap()];
    limit.drainers.in_flight = NonZeroU32::new(10);
    limit.drainers.target_drain = seconds(60);
    let by_minute = decide(&limit, &at_work(&[(2_000, 800)]), &reading(9_000), TEMPO);
    assert_eq!(by_minute.desired, 2, "ten a second come through: {}", by_minute.reason());
}

#[test]
fn an_idle_limits_cap_goes_back_to_one() {
    let mut state = LimitState { scaling: Some(scaling(2, 0)), ..LimitState::default() };
    let mut caps = Vec::new();
    let mut cap = 4;
    for minute in 0..5 {
        let mut reading = reading(0);
        (reading.at, reading.cap) = (now().plus(seconds(60 * minute)), Cap::At(cap));
        let decision = decide(&limit(), &state, &reading, TEMPO);
        state = after(&state, &decision);
        cap = decision.cap.unwrap_or(cap);
        caps.push(cap);
    }
    assert_eq!(caps, [4, 4, 1, 1, 1]);

    // Also where somebody else raised it, or somebody was still at work when the number went down.
    let mut state = LimitState { scaling: Some(scaling(0, 0)), ..LimitState::default() };
    let steps = (0..3).map(|minute| {
        let mut reading = reading(0);
        (reading.at, reading.cap) = (now().plus(seconds(60 * minute)), Cap::At(3));
        let decision = decide(&limit(), &state, &reading, TEMPO);
        state = after(&state, &decision);
        decision.cap
    });
    assert_eq!(steps.collect::<Vec<_>>(), [None, None, Some(1)]);
}

#[test]
fn arrivals_are_asked_for_only_where_they_matter() {
    let asked = |limit: &Limit, state: &LimitState, ready| {
        let unknown = Reading { arrivals: None, ..reading(ready) };
        decide(limit, state, &unknown, TEMPO).need.depends_on_arrivals()
    };
    let mut slow = limit();
    slow.drainers.in_flight = NonZeroU32::new(64);
    let state = at_work(&[(10_000, 800)]);
    assert!(!asked(&limit(), &LimitState::default(), 9_000), "one drainer is enough for any pace");
    assert!(asked(&slow, &state, 9_000));
    assert!(!asked(&slow, &state, 0), "nothing waits");
    assert!(!asked(&slow, &state, 900_000), "the backlog alone wants all of the pace");
}
