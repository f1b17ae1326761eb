//! Twenty-four hours of tasks played through the pure policy in a moment: the talk's day, 65,641 tasks that grow in
//! nested waves over three queues of one limit, and what else is pushed on a day; with counts as SQS gives them.

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a test may panic and say what it saw; counts are small"
)]

mod api;
mod chance;
mod crew;
mod eyes;
mod least;
mod play;
mod tasks;

use crate::play::{Played, Setting, play};
use crate::tasks::{calls, pushes};

const SEEDS: std::ops::Range<u64> = 1..6;

/// What a day may be at most.
struct Bounds {
    /// Changes of the number of drainers that should be there, beside one up and one down for each stretch of time in
    /// which there is something to do.
    changes: u32,
    /// Drainer time, as a multiple of the least.
    drainer_time: f64,
}

/// Plays the talk's day a few times, each with other lags, gaps and pushes.
fn check(setting: impl Fn(u64) -> Setting, bounds: &Bounds) {
    for seed in SEEDS {
        let (setting, pushes) = (setting(seed), pushes(seed));
        let played = play(&setting, &pushes);
        let least = setting.least(&pushes);
        let ratio = played.drainer_seconds / least.drainer_seconds;
        let max = setting.limit.drainers.max.get();
        println!(
            "{} ms, at most {max}, seed {seed}: {} calls, {:.1} % used over {:.0} s, {} at work at most, {} started, \
             {} changes for {} stretches, {} caps, {:.0} drainer minutes, {ratio:.2} of the least",
            setting.latency,
            played.calls,
            played.used * 100.0,
            played.usable_seconds,
            played.most_at_work,
            played.started,
            played.changes,
            least.stretches,
            played.caps,
            played.drainer_seconds / 60.0,
        );
        assert_eq!((played.calls, played.left), (calls(&pushes), 0), "everything is drained");
        assert!(played.usable_seconds > 600.0 && played.used >= 0.97, "used {:.4}", played.used);
        never_too_many(&played, max);
        let changes = 2 * least.stretches + bounds.changes;
        assert!(played.changes <= changes, "{} changes, {changes} are enough", played.changes);
        assert!(ratio <= bounds.drainer_time, "{ratio:.2} of the least");
        assert_eq!(played.last_cap, 1, "the cap is back at its floor");
    }
}

fn never_too_many(played: &Played, max: u32) {
    assert!(played.most_at_work <= max as usize, "{} at work", played.most_at_work);
    assert_eq!(played.started_over, Vec::<String>::new(), "nobody is started beyond what is desired");
}

#[test]
fn one_drainer_holds_a_quick_apis_limit() {
    check(|seed| Setting::new(200, seed), &Bounds { changes: 0, drainer_time: 1.15 });
}

#[test]
fn one_drainer_holds_the_limit_of_an_api_that_takes_two_seconds() {
    check(|seed| Setting::new(2_000, seed), &Bounds { changes: 0, drainer_time: 1.15 });
}

#[test]
fn a_slow_apis_limit_is_held_by_two_drainers() {
    let setting = |seed| Setting::new(10_000, seed).drainers(4, 256, 60);
    check(setting, &Bounds { changes: 4, drainer_time: 1.15 });
}

#[test]
fn a_slow_apis_limit_is_held_by_eight_small_drainers() {
    let setting = |seed| Setting::new(10_000, seed).drainers(16, 64, 60);
    check(setting, &Bounds { changes: 10, drainer_time: 1.15 });
}

#[test]
fn drainers_that_come_twice_find_no_room_beyond_max() {
    for seed in SEEDS {
        let setting = Setting { come: 2, ..Setting::new(10_000, seed).drainers(10, 64, 60) };
        let pushes = pushes(seed);
        let played = play(&setting, &pushes);
        assert_eq!((played.calls, played.left), (calls(&pushes), 0));
        assert!(played.most_at_work <= 10, "{played:?}");
    }
}
