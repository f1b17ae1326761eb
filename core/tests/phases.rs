//! Promises P2 and P3 for a limit with phases: in each of them its rate is not passed, and it is reached.

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a test may panic, and counts are small")]

use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::name::DrainerId;
use jobq_core::policy::calendar::book::{Answer, Want, book};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::calendar::steer::{By, Steer, steer};
use jobq_core::time::Timestamp;

const BEGIN: Timestamp = Timestamp::from_secs(1_800_000_000);

fn limit(rate: &str, phases: &[&str]) -> Limit {
    let mut limit = Limit::new("api".parse().unwrap(), rate.parse().unwrap());
    limit.phases.list = phases.iter().map(|phase| phase.parse().unwrap()).collect();
    limit
}

fn after(seconds: f64) -> Timestamp {
    BEGIN.plus(Duration::from_secs_f64(seconds))
}

/// The slots of drainers that ask whenever they may, each with so many tasks in hand, in these seconds.
fn greedy(
    limit: &Limit,
    state: &mut LimitState,
    (drainers, in_hand): (usize, u32),
    from: f64,
    to: f64,
) -> Vec<f64> {
    let mut ask_at = vec![after(from); drainers];
    let mut slots = Vec::new();
    loop {
        let drainer = (0..drainers).min_by_key(|drainer| ask_at[*drainer]).unwrap();
        let now = ask_at[drainer];
        if now >= after(to) {
            slots.retain(|slot| *slot < to);
            return slots;
        }
        let id: DrainerId = format!("d{drainer}").parse().unwrap();
        let booking = book(limit, state, now, &Want::new(id, in_hand));
        *state = booking.state.unwrap_or_else(|| state.clone());
        ask_at[drainer] = match booking.answer {
            Answer::Lease(lease) => {
                slots.extend((0..lease.count).map(|slot| lease.slot(slot).at.since(BEGIN).as_secs_f64()));
                // As a drainer does: shortly before the lease ends, or when its slots are used up.
                let used_up = lease.slot(lease.count - 1).at;
                lease
                    .end()
                    .minus(Duration::from_millis(250))
                    .min(used_up)
                    .max(now.plus(Duration::from_millis(1)))
            }
            Answer::Wait { until, .. } => until.max(now.plus(Duration::from_micros(100))),
            Answer::Alive => unreachable!("slots were wanted"),
        };
    }
}

fn within(slots: &[f64], from: f64, to: f64) -> usize {
    let before = |end: f64| slots.partition_point(|slot| *slot < end);
    before(to) - before(from)
}

/// The most slots in any stretch of this length that lies between two instants.
fn most(slots: &[f64], length: f64, from: f64, to: f64) -> usize {
    let begins = slots.iter().filter(|slot| (from..=to - length).contains(*slot));
    begins.map(|begin| within(slots, *begin, begin + length)).max().unwrap_or(0)
}

/// Few and many drainers, with few and many tasks in hand.
const CREWS: [(usize, u32); 4] = [(1, 1), (1, 300), (4, 7), (3, 300)];

#[test]
fn p2_p3_each_phase_has_its_rate() {
    let limit = limit("100/s", &["5/s for 20s", "50/s for 20s", "10/s for 20s"]);
    for crew in CREWS {
        let slots = greedy(&limit, &mut LimitState::default(), crew, 0.0, 80.0);
        for (from, rate) in [(0.0, 5.0), (20.0, 50.0), (40.0, 10.0), (60.0, 100.0)] {
            let calls = within(&slots, from, from + 20.0) as f64;
            assert!(calls >= rate * 20.0 * 0.97 - 1.0, "{crew:?}: {calls} calls from {from} on");
            for length in [0.1, 1.0, 3.0, 20.0] {
                let most = most(&slots, length, from, from + 20.0) as f64;
                let bound = rate * length + 2.0;
                assert!(most <= bound, "{crew:?}: {most} calls in {length} s from {from} on, bound {bound}");
            }
        }
    }
}

#[test]
fn p2_p3_a_ramp_goes_evenly_from_one_rate_to_the_other() {
    for (from, to) in [(10.0, 100.0), (100.0, 10.0), (1.0, 100.0)] {
        let limit = limit("100/s", &[&format!("{from}/s to {to}/s for 60s")]);
        let at = |seconds: f64| from + (to - from) * (seconds / 60.0);
        for crew in CREWS {
            let slots = greedy(&limit, &mut LimitState::default(), crew, 0.0, 60.0);
            for begin in (0..60).step_by(10).map(f64::from) {
                let fair = 10.0 * (at(begin) + at(begin + 10.0)) / 2.0;
                let calls = within(&slots, begin, begin + 10.0) as f64;
                // Each booking goes by the slower of its ends, two seconds apart at most.
                let slack = 2.0 * (to - from).abs() / 60.0 * 10.0 + 2.0;
                assert!(calls <= fair + 2.0, "{crew:?}: {calls} calls from {begin} on, {fair} are fair");
                assert!(
                    calls >= fair * 0.97 - slack,
                    "{crew:?}: {calls} calls from {begin} on, {fair} are fair"
                );
            }
        }
    }
}

#[test]
fn p3_a_slow_phase_holds_nobody_back_when_it_is_over() {
    for phase in ["1/h for 90s", "1/h to 50/s for 90s"] {
        let limit = limit("50/s", &[phase]);
        let slots = greedy(&limit, &mut LimitState::default(), (1, 10), 0.0, 100.0);
        assert!(within(&slots, 90.0, 100.0) >= 480, "{phase}: {slots:?}");
        if phase.contains("to") {
            let calls = within(&slots, 0.0, 90.0);
            assert!((2_000..=2_250).contains(&calls), "half of 50/s, and not one call an hour: {calls}");
        }
    }
}

#[test]
fn p3_phases_end_though_their_calls_lie_further_apart_than_the_rest() {
    let mut limit = limit("20/s", &["30/m for 3s", "5/h for 1h"]);
    limit.phases.after = Duration::from_millis(1_500);
    let slots = greedy(&limit, &mut LimitState::default(), (1, 10), 0.0, 3_700.0);
    let last = within(&slots, 3_603.0, 3_700.0);
    assert!(last > 1_800, "{last} calls when both were over");
}

#[test]
fn phases_begin_again_when_nothing_was_called_for_long_enough() {
    let limit = limit("50/s", &["1/s for 10s"]);
    let mut state = LimitState::default();
    let mut calls = |from: f64| greedy(&limit, &mut state, (1, 10), from, from + 5.0).len();
    assert!(calls(0.0) <= 6);
    assert!(calls(20.0) > 200, "the phase is over");
    assert!(calls(600.0) > 200, "less than ten minutes have passed");
    assert!(calls(1_300.0) <= 6, "more than ten minutes have passed");
}

#[test]
fn a_reset_lets_phases_begin_again_and_a_pace_set_by_hand_goes_before_them() {
    let limit = limit("50/s", &["1/s for 10s"]);
    let by = |seconds| By { who: "test".to_owned(), at: after(seconds), why: None };
    let mut state = LimitState::default();
    greedy(&limit, &mut state, (1, 10), 0.0, 20.0);
    state = steer(&state, Steer::Reset, by(20.0));
    assert!(greedy(&limit, &mut state, (1, 10), 20.0, 25.0).len() <= 6);
    state = steer(&state, Steer::Set("20/s".parse().unwrap(), None), by(25.0));
    assert!(greedy(&limit, &mut state, (1, 10), 25.0, 30.0).len() > 70, "but for slots booked ahead");
}

#[test]
fn phases_do_not_begin_while_nothing_is_called() {
    let limit = limit("50/s", &["1/s for 10s"]);
    let pause = Steer::Pause(None);
    let mut state = steer(&LimitState::default(), pause, By { who: "test".to_owned(), at: BEGIN, why: None });
    assert!(greedy(&limit, &mut state, (1, 10), 0.0, 60.0).is_empty());
    assert_eq!(state.phases_from, None);
}
