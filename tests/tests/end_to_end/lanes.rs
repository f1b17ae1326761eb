//! Lanes and weights, as nginx's log tells them. Everything is counted in calls of one run, so that a slow machine, which
//! makes all of them later, breaks nothing: at 50 a second two seconds are a hundred calls.

use jobq_tests::world::access_log::{Call, beginning, pace, until_last};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, stop};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

use crate::alone;

fn project(queues: &str, rate: usize) -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        format!("[limits.api]\nrate = \"{rate}/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n{queues}"),
    );
    folder
}

/// Pushes so many urls below `/name/` and answers with the push's report.
fn push(
    api: &Nginx,
    folder: &Folder,
    queue: &str,
    name: &str,
    tasks: usize,
    more: &[&str],
) -> serde_json::Value {
    let file = format!("{name}.txt");
    let urls: String = (1..=tasks).map(|number| api.url(&format!("/{name}/{number}\n"))).collect();
    folder.file(&file, urls);
    let typed = [&["push", queue, &file, "--json"], more].concat();
    run(folder.path(), typed).with_code(0).json()
}

/// Pushes five tasks into a queue where 20,000 wait, and answers with how many calls were made until the last of them,
/// and what was called in the hundred calls after the push.
fn few_beside_many(more: &[&str]) -> (usize, Vec<Call>) {
    let _turn = alone();
    let api = Nginx::open("");
    let folder = project("[queues.troops]\nlimit = \"api\"\n", 50);
    let many = push(&api, &folder, "troops", "many", 20_000, more);
    assert_eq!(many["to_bulk"], if more.is_empty() { 20_000 } else { 0 });
    let drain = start(folder.path(), ["drain"]);
    until("the drain goes on evenly", || api.calls().len() >= 110);
    assert_eq!(push(&api, &folder, "troops", "few", 5, more)["to_bulk"], 0);
    let before = api.calls().len();
    until("the few are done", || beginning(&api.calls(), "/few/") == 5);
    until("others went on", || api.calls().len() >= before + 100);
    stop(drain).with_code(0);
    let calls = api.calls();
    (until_last(&calls[before..], "/few/"), calls[before..before + 100].to_vec())
}

#[test]
fn a_small_push_passes_a_large_one_within_two_seconds() {
    let (calls, next) = few_beside_many(&[]);
    println!("the last of five was among the next {calls} calls");
    assert!(calls <= 100, "{calls}");
    assert!(beginning(&next, "/many/") >= 80, "{next:?}");
}

/// Within a lane too: a backend and a hand in fair order.
#[test]
fn a_small_batch_passes_a_large_one_of_its_lane() {
    let (calls, next) = few_beside_many(&["--priority", "normal"]);
    println!("the last of five was among the next {calls} calls");
    assert!(calls <= 100, "{calls}");
    assert!(beginning(&next, "/many/") >= 80, "{next:?}");
}

#[test]
fn p3_weights_three_to_one_are_kept_and_nobody_waits_for_an_empty_queue() {
    let _turn = alone();
    let api = Nginx::open("");
    let queues = "[queues.three]\nlimit = \"api\"\nweight = 3\n[queues.one]\nlimit = \"api\"\n";
    let folder = project(queues, 200);
    push(&api, &folder, "three", "three", 900, &[]);
    push(&api, &folder, "one", "one", 900, &[]);
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    let calls = api.calls();
    let both = &calls[..1_000];
    let (three, one) = (beginning(both, "/three/"), beginning(both, "/one/"));
    println!("three {three}, one {one}");
    assert!(three.abs_diff(750) <= 37, "three {three}, one {one}");
    // Then one of them is empty.
    let alone = &calls[calls.len() - 500..];
    assert_eq!(beginning(alone, "/one/"), 500);
    let (shared, alone) = (pace(both), pace(alone));
    println!("{shared:.1} a second together, {alone:.1} alone");
    assert!(alone >= 0.8 * shared, "{alone} a second alone, {shared} together");
}

/// Each drainer takes some of the first tasks in hand, two seconds of the rate, and has the slots of every third second.
/// If one of them got none, its tasks were called at the end.
#[test]
fn each_of_three_drainers_has_its_turn() {
    let _turn = alone();
    let api = Nginx::open("");
    let folder = project("[queues.troops]\nlimit = \"api\"\n", 50);
    push(&api, &folder, "troops", "many", 900, &[]);
    run(folder.path(), ["drain", "--drainers", "3", "--until-empty", "--quiet"]).with_code(0);
    let calls = api.calls();
    assert_eq!(calls.len(), 900);
    let number = |call: &Call| call.path.rsplit('/').next().unwrap().parse::<usize>().unwrap();
    let overtaken = calls.iter().enumerate().map(|(at, call)| at.saturating_sub(number(call)));
    let most = overtaken.max().unwrap();
    println!("a task was overtaken by {most} others at most");
    assert!(most <= 300, "a task was called only after {most} that were behind it");
}
