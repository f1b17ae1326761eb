//! The world in one process: drainers over the local store on a clock moved by hand, with everything going wrong
//! that can, at moments a seed decides. A test belongs here when it is about what holds whatever happens.
//!
//! `JOBQ_SEED=7 cargo test -p jobq-tests --test random_walk` repeats one walk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a test may panic, read its environment and say what it saw; counts are small"
)]

mod api;
mod chance;
mod clocks;
mod cut;
mod end;
mod faulty;
mod grown;
mod office;
mod plan;
mod tree;
mod walk;
mod world;

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::time::Duration;

use jobq_core::death::Reason;
use jobq_core::time::Timestamp;

use crate::chance::Chance;
use crate::end::End;
use crate::plan::Plan;
use crate::walk::{BEGIN, walk};

/// Walks once for each seed, or only for the one in `JOBQ_SEED`.
fn each_seed(seeds: RangeInclusive<u64>, plan: impl Fn(Chance) -> Plan, check: impl Fn(&End)) {
    let only = std::env::var("JOBQ_SEED").ok().map(|seed| seed.parse().unwrap());
    for seed in only.map_or_else(|| seeds.collect(), |seed| vec![seed]) {
        println!("seed {seed}");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let end = runtime.block_on(walk(plan(Chance::new(seed))));
        println!("  {}", end.told());
        check(&end);
    }
}

fn assert_nothing_lost(end: &End) {
    assert_eq!(end.missing(), Vec::<String>::new());
    assert_eq!(end.left, 0, "tasks are left in the queue");
    assert_eq!(end.deleted_without_record, 0);
}

fn assert_charged_for_their_own_only(end: &End) {
    for (task, reason) in &end.dead {
        let failures = end.failures(task);
        match reason {
            Reason::Rejected => assert!(task.starts_with("poison"), "{task} was rejected"),
            Reason::Exhausted => {
                assert!(failures >= 4, "{task} died after {failures} failures of its own")
            }
            other => panic!("{task} is dead: {other}"),
        }
    }
}

#[test]
fn p1_every_task_ends_with_a_record_or_a_dead_letter() {
    each_seed(1..=4, Plan::rough, |end| {
        assert_eq!(end.missing(), Vec::<String>::new());
        assert_eq!(end.left, 0, "tasks are left in the queue");
    });
}

#[test]
fn p1_a_record_is_durable_before_its_task_is_deleted() {
    each_seed(5..=8, Plan::rough, |end| assert_eq!(end.deleted_without_record, 0));
}

#[test]
fn p2_no_window_is_passed_whatever_happens() {
    each_seed(9..=12, Plan::rough, |end| end.assert_no_window_passed());
}

#[test]
fn p4_only_its_own_failures_are_charged_to_a_task() {
    each_seed(13..=16, Plan::rough, assert_charged_for_their_own_only);
}

#[test]
fn p3_the_limit_is_reached_while_tasks_wait() {
    each_seed(17..=19, Plan::smooth, |end| {
        let used = end.used();
        assert!(used >= 0.97, "{used} of the limit was used");
    });
}

#[test]
fn p1_p2_p4_hold_over_what_is_treated_as_sqs() {
    each_seed(
        20..=22,
        |chance| Plan::rough(chance).over_sqs(),
        |end| {
            assert_nothing_lost(end);
            end.assert_no_window_passed();
            assert_charged_for_their_own_only(end);
        },
    );
}

#[test]
fn p3_the_limit_is_reached_over_what_is_treated_as_sqs() {
    each_seed(
        23..=24,
        |chance| Plan::smooth(chance).over_sqs(),
        |end| {
            let used = end.used();
            assert!(used >= 0.97, "{used} of the limit was used");
        },
    );
}

#[test]
fn p2_p3_drainers_of_few_permits_reach_the_limit_together() {
    // Calls take 0.15 s on average: eight permits carry the pace, and no drainer has so many.
    each_seed(
        30..=31,
        |chance| Plan::smooth(chance).over_sqs().with_permits(5),
        |end| {
            end.assert_no_window_passed();
            let used = end.used();
            assert!(used >= 0.8, "{used} of the limit was used");
        },
    );
}

#[test]
fn p1_a_task_that_kills_its_drainer_dies_without_its_company() {
    each_seed(
        32..=33,
        |chance| Plan::deadly(chance).over_sqs(),
        |end| {
            assert_nothing_lost(end);
            assert_eq!(end.dead, [("killer-0".to_owned(), Reason::Poison)]);
        },
    );
}

#[test]
fn p1_p2_p4_hold_while_drainers_lose_the_ledger() {
    let went_alone = Cell::new(0);
    each_seed(
        25..=28,
        |chance| Plan::rough(chance).over_sqs().with_outages(),
        |end| {
            assert_nothing_lost(end);
            end.assert_no_window_passed();
            assert_charged_for_their_own_only(end);
            went_alone.set(went_alone.get() + end.went_alone);
        },
    );
    assert!(std::env::var("JOBQ_SEED").is_ok() || went_alone.get() > 0, "nobody went alone");
}

#[test]
fn a_scheduled_queue_drains_in_its_window_and_not_outside_it() {
    let minute = |minutes: u64| Timestamp::from_secs(BEGIN + 60 * minutes);
    // From 08:01 to 08:02 and from 08:03 on: a minute is too short for all tasks at 50/s.
    let schedule = ["cron(1 8 * * ? *) for 1m", "cron(3 8 * * ? *) for 1h"];
    let plan = |chance| Plan::smooth_of(chance, 3_200).open_at(&schedule, Duration::from_secs(200));
    for over_sqs in [false, true] {
        let plan = |chance| if over_sqs { plan(chance).over_sqs() } else { plan(chance) };
        each_seed(29..=29, plan, |end| {
            let starts = |from, until| {
                end.starts.iter().filter(|at| minute(from) <= **at && **at < minute(until)).count()
            };
            assert_eq!((starts(0, 1), starts(2, 3)), (0, 0), "calls outside the window");
            let most = 50.0 * 60.0;
            assert!(starts(1, 2) as f64 >= 0.97 * most, "{} calls in the first window", starts(1, 2));
            assert_nothing_lost(end);
        });
    }
}
