//! P2 and P3 with somebody else's limiter as the judge: nginx `limit_req` at the very rate jobq was told.
//!
//! What nginx sees is arrival. Where the machine stalls between a start and its arrival, calls that were started evenly come
//! in a bunch, and nginx refuses some: that is the machine's doing, and a handful. So its rule is applied twice: by nginx to
//! the calls as they came, where more than one in fifty refused would be a limiter that bunches; and here to the same calls as they
//! were started, with no more of a burst than the limit has, where not one is too many, however slow the machine is. What
//! jobq tells of starts is held against nginx's own log, call by call.
//!
//! The share of the limit that was used is a figure, printed here and kept by `benches`. Below nine tenths something else than
//! the machine is wrong, unless a refusal has slowed the limit down.

use std::collections::BTreeMap;

use crate::alone;
use jobq_tests::world::access_log::{Call, most_within, pace, with_status};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::told;

const SECONDS: usize = 20;

/// How many calls nginx lets through beyond the rate, at once: the limit's own burst, and one for its clock of milliseconds.
const BURST: u32 = 3;

/// How many calls a limit without a `burst` of its own may start beyond its rate, at once.
fn own_burst(rate: usize) -> f64 {
    (rate as f64 / 100.0).max(1.0)
}

/// How far calls are beyond a rate, at the worst, by nginx's rule: where that is at most a burst, no window of any length
/// holds more than the rate and the burst allow, and one call.
fn worst_excess(calls: &[Call], rate: usize) -> f64 {
    let (mut excess, mut last, mut worst) = (-1.0, f64::NEG_INFINITY, 0.0);
    for call in calls {
        excess = f64::max(excess - (call.at - last) * rate as f64, -1.0) + 1.0;
        last = call.at;
        worst = f64::max(worst, excess);
    }
    worst
}

/// How often each path was called.
fn by_path(calls: &[Call]) -> BTreeMap<&str, usize> {
    let mut paths = BTreeMap::new();
    calls.iter().for_each(|call| *paths.entry(call.path.as_str()).or_default() += 1);
    paths
}

/// The tasks were called at the rate: by nginx's log, and by what is told of starts. Answers with the starts.
fn judge(api: &Nginx, records: &[serde_json::Value], tasks: usize, rate: usize) -> Vec<Call> {
    let (calls, started) = (api.calls(), told::calls(records));
    assert_eq!(records.len(), tasks);
    assert_eq!(by_path(&started), by_path(&calls), "results tell of other calls than came");
    let worst = worst_excess(&started, rate);
    println!("{worst:.2} calls beyond {rate}/s at the worst");
    assert!(worst <= own_burst(rate) + 0.01, "calls were started too fast: {worst} beyond {rate}/s");
    let refused = with_status(&calls, 429);
    assert_eq!(with_status(&calls, 200) + refused, calls.len());
    assert_eq!(calls.len(), tasks + refused, "what was refused is called again, and nothing else");
    assert!(refused * 50 <= tasks, "{refused} of {} calls were refused", calls.len());
    started
}

/// What share of the rate was used.
fn judge_used(started: &[Call], rate: usize) {
    let (used, refused) = (pace(started) / rate as f64, with_status(started, 429));
    println!("{:.1} % of {rate}/s used, {} calls, {refused} refused", used * 100.0, started.len());
    assert!(used >= 0.9 || refused > 0, "only {used} of the limit was used");
}

fn one_process(rate: usize) {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting(&format!("{rate}r/s"), BURST), Folder::new());
    folder.file("calls.txt", api.urls(rate * SECONDS));
    let rate_told = format!("{rate}/s");
    let args = ["run", "calls.txt", "--rate", &rate_told, "--allow-private", "--results", "told.jsonl"];
    run(folder.path(), args).with_code(0);
    judge_used(&judge(&api, &folder.records("told.jsonl"), rate * SECONDS, rate), rate);
}

fn four_processes(rate: usize) {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting(&format!("{rate}r/s"), BURST), Folder::new());
    folder.file("calls.txt", api.urls(rate * SECONDS));
    folder.file(
        "jobq.toml",
        format!(
            "[limits.api]\nrate = \"{rate}/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n
             [queues.calls]\nlimit = \"api\"\nresults = \"results\"\n"
        ),
    );
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let drains: Vec<_> = (0..4).map(|_| start(folder.path(), ["drain", "--until-empty", "--json"])).collect();
    let shares: Vec<_> =
        drains.into_iter().map(|drain| wait(drain).with_code(0).json()["done"].as_u64()).collect();
    println!("each did {shares:?}");
    let records = folder.records("results/results-00001.jsonl");
    judge_used(&judge(&api, &records, rate * SECONDS, rate), rate);
}

#[test]
fn one_call_too_many_is_seen() {
    let call = |at: f64| Call { at, status: 200, path: "/call/1".to_owned() };
    let even = |rate: f64| (0..1_000).map(|number| call(f64::from(number) / rate)).collect::<Vec<_>>();
    let worst = |calls: &[Call]| (worst_excess(calls, 200) * 100.0).round() / 100.0;
    assert_eq!(worst(&even(200.0)), 0.0);
    let far = worst(&even(205.0));
    assert!(far > 20.0, "five a second too many, {far} in all");
    for count in 0..5 {
        let bunch = [vec![call(0.0); count], even(200.0)].concat();
        assert_eq!(worst(&bunch), count as f64);
    }
}

#[test]
fn p2_p3_one_process_at_50_a_second() {
    one_process(50);
}

#[test]
fn p2_p3_one_process_at_200_a_second() {
    one_process(200);
}

#[test]
fn p2_p3_four_processes_share_50_a_second() {
    four_processes(50);
}

#[test]
fn p2_p3_four_processes_share_200_a_second() {
    four_processes(200);
}

#[test]
fn p2_p3_a_quota_holds_in_every_sliding_minute() {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting("50r/s", BURST), Folder::new());
    folder.file("calls.txt", api.urls(620));
    let args = ["run", "calls.txt", "--rate", "50/s", "--quota", "600/m", "--allow-private"];
    run(folder.path(), args.into_iter().chain(["--results", "told.jsonl"])).with_code(0);
    let started = judge(&api, &folder.records("told.jsonl"), 620, 50);
    let most = most_within(&started, 60.0);
    assert!(most <= 600, "{most} calls in a minute");
    // The 601st call waits until the first ones leave the window: that is the quota's own pace.
    let reached = 60.0 / (started[600].at - started[0].at);
    println!("{most} in the fullest minute, {:.1} % of the quota reached", reached * 100.0);
    assert!(reached >= 0.9, "only {reached} of the quota was reached");
}
