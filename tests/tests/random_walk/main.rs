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
mod faulty;
mod walk;
mod world;

use std::ops::RangeInclusive;

use jobq_core::dead_letter::Reason;

use crate::chance::Chance;
use crate::walk::{End, Plan, walk};

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
    each_seed(13..=16, Plan::rough, |end| {
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
    });
}

#[test]
fn p3_the_limit_is_reached_while_tasks_wait() {
    each_seed(17..=19, Plan::smooth, |end| {
        let used = end.used();
        assert!(used >= 0.97, "{used} of the limit was used");
    });
}
