//! `limit set`, `pause`, `resume` and `reset`: what is steered by hand holds for every drainer at its next lease.

use std::time::SystemTime;

use crate::alone;
use crate::evidence::Evidence;
use jobq_tests::world::access_log::{Call, most_within, with_status};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience;

/// A lease lasts a second at most, and the next one is booked a little before it ends.
const NEXT_LEASE: f64 = 1.5;

const FOR: f64 = 8.0;

fn project(api: &Nginx, tasks: usize) -> Folder {
    let folder = Folder::new();
    folder.file("calls.txt", api.urls(tasks));
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n",
    );
    folder
}

/// Drains by four processes, steers them when they are at it, and answers when that was, in seconds since the epoch:
/// just before and just after.
fn steered(api: &Nginx, folder: &Folder, command: &str) -> (f64, f64) {
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let drains: Vec<_> = (0..4).map(|_| start(folder.path(), ["drain", "--until-empty"])).collect();
    patience::until("calls are made", || api.calls().len() > 100);
    let before = now();
    run(folder.path(), command.split(' ')).with_code(0);
    let after = now();
    drains.into_iter().for_each(|drain| drop(wait(drain).with_code(0)));
    (before, after)
}

fn now() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64()
}

fn between(calls: &[Call], from: f64, until: f64) -> Vec<Call> {
    calls.iter().filter(|call| from <= call.at && call.at < until).cloned().collect()
}

#[test]
fn p2_a_pace_set_by_hand_holds_for_all_and_ends_by_itself() {
    let _turn = alone();
    let api = Nginx::limiting("50r/s", 3);
    let folder = project(&api, 900);
    let (before, after) = steered(&api, &folder, "limit set api 20/s --for 8s --reason incident-7");
    let calls = api.calls();
    assert_eq!(with_status(&calls, 429), 0);
    Evidence::gather(&folder, "results.jsonl", &calls).assert_all_done(900);
    let slow = between(&calls, after + NEXT_LEASE, before + FOR);
    let most = most_within(&slow, 1.0);
    println!("{} calls while it was 20/s, {most} in the fullest second", slow.len());
    assert!(most <= 20 + 2, "{most} calls in a second");
    assert!(slow.len() > 60, "{} calls: it was hardly drained at all", slow.len());
    let later = between(&calls, after + FOR + NEXT_LEASE, f64::INFINITY);
    let most = most_within(&later, 1.0);
    assert!(most > 30, "{most} calls a second at most: it stayed slow");
}

#[test]
fn a_pause_stops_all_within_a_lease_and_loses_nothing() {
    let _turn = alone();
    let api = Nginx::limiting("50r/s", 3);
    let folder = project(&api, 500);
    let (before, after) = steered(&api, &folder, "limit pause api --for 8s");
    let calls = api.calls();
    let meanwhile = between(&calls, after + NEXT_LEASE, before + FOR);
    assert_eq!(meanwhile, [], "calls were made during the pause");
    Evidence::gather(&folder, "results.jsonl", &calls).assert_all_done(500);
}

#[test]
fn a_pause_without_an_end_lasts_until_it_is_ended() {
    let api = Nginx::open("");
    let folder = project(&api, 20);
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let paused = run(folder.path(), ["limit", "pause", "api"]).with_code(0);
    assert!(paused.stdout.contains("paused by hand"), "{paused:?}");
    let drain = start(folder.path(), ["drain", "--until-empty"]);
    patience::until("the drainer has asked", || {
        let limit = run(folder.path(), ["limit", "show", "api", "--json"]).with_code(0).json();
        !limit["drainers"].as_array().unwrap().is_empty()
    });
    assert_eq!(api.calls(), []);
    run(folder.path(), ["limit", "resume", "api"]).with_code(0);
    wait(drain).with_code(0);
    Evidence::gather(&folder, "results.jsonl", &api.calls()).assert_all_done(20);
}

#[test]
fn a_faster_pace_than_configured_is_warned_of_and_reset() {
    let api = Nginx::open("");
    let folder = project(&api, 1);
    let set = run(folder.path(), ["limit", "set", "api", "80/s", "--reason", "they allowed it"]).with_code(0);
    assert!(set.stderr.contains("80/s is faster than the configured 50/s"), "{set:?}");
    assert!(set.stdout.contains("set to 80/s by hand") && set.stdout.contains("78.40/s"), "{set:?}");
    let shown = run(folder.path(), ["limit", "show", "api"]).with_code(0);
    assert!(shown.stdout.contains(": set 80/s: they allowed it"), "{shown:?}");
    let reset = run(folder.path(), ["limit", "reset", "api", "--json"]).with_code(0);
    let told = reset.json();
    assert_eq!(
        (told["change"]["what"].as_str(), told["effective_per_second"].as_f64().map(f64::round)),
        (Some("reset"), Some(49.0))
    );
    assert_eq!(told["before"]["what"], "set 80/s");
    assert_eq!(reset.stderr, "", "nobody else has changed it");
    let other = run(folder.path(), ["limit", "pause", "api", "--by", "ann"]).with_code(0);
    assert!(
        other.stderr.contains("somebody else has changed it") && other.stderr.contains(": reset"),
        "{other:?}"
    );
}

#[test]
fn of_two_who_steer_at_once_each_is_written_down_and_the_last_stands() {
    let api = Nginx::open("");
    let folder = project(&api, 1);
    let set = |number: usize| start(folder.path(), ["limit", "set", "api", &format!("{number}/s"), "--json"]);
    let all: Vec<_> = (1..=10).map(set).collect();
    all.into_iter().for_each(|one| drop(wait(one).with_code(0)));
    let limit = run(folder.path(), ["limit", "show", "api", "--json"]).with_code(0).json();
    let changes = limit["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 10, "{changes:?}");
    let last = changes[9]["what"].as_str().unwrap().strip_prefix("set ").unwrap();
    let because = limit["because"].to_string();
    assert!(because.contains(&format!("set to {last} by hand")), "{because} after {last}");
}

#[test]
fn what_can_not_be_steered_is_said() {
    let api = Nginx::open("");
    let folder = project(&api, 1);
    for (command, text) in [
        ("limit set api fast", "'fast' is not a rate"),
        ("limit set api 20/s --for 0s", "it can't be zero"),
        ("limit set api 20/s --for soon", "soon"),
        ("limit pause apo", "apo"),
        ("limit resume", "<LIMIT>"),
    ] {
        let ended = run(folder.path(), command.split(' ')).with_code(2);
        assert!(ended.stderr.contains(text), "jobq {command}: {ended:?}");
    }
}
