//! P2 and P3 with somebody else's limiter as the judge: nginx `limit_req` at the very rate jobq was told.
//!
//! The share of the limit that was used is a figure, printed here and kept by `benches`; what a slow machine
//! can't break is the bound: not one call refused. Below nine tenths something else than the machine is wrong.

use crate::alone;
use jobq_tests::world::access_log::{Call, most_within, pace, with_status};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;

const SECONDS: usize = 20;

fn judge(calls: &[Call], rate: usize) {
    assert_eq!(with_status(calls, 429), 0, "calls were refused");
    assert_eq!(with_status(calls, 200), calls.len());
    let used = pace(calls) / rate as f64;
    println!("{:.1} % of {rate}/s used, {} calls, none refused", used * 100.0, calls.len());
    assert!(used >= 0.9, "only {used} of the limit was used");
}

fn one_process(rate: usize) {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting(&format!("{rate}r/s"), 3), Folder::new());
    folder.file("calls.txt", api.urls(rate * SECONDS));
    run(folder.path(), ["run", "calls.txt", "--rate", &format!("{rate}/s"), "--allow-private"]).with_code(0);
    let calls = api.calls();
    assert_eq!(calls.len(), rate * SECONDS);
    judge(&calls, rate);
}

fn four_processes(rate: usize) {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting(&format!("{rate}r/s"), 3), Folder::new());
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
    let calls = api.calls();
    assert_eq!(calls.len(), rate * SECONDS);
    judge(&calls, rate);
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
    let (api, folder) = (Nginx::limiting("50r/s", 3), Folder::new());
    folder.file("calls.txt", api.urls(620));
    let args = ["run", "calls.txt", "--rate", "50/s", "--quota", "600/m", "--allow-private"];
    run(folder.path(), args).with_code(0);
    let calls = api.calls();
    assert_eq!(with_status(&calls, 429), 0);
    assert_eq!(calls.len(), 620);
    let most = most_within(&calls, 60.0);
    assert!(most <= 600, "{most} calls in a minute");
    let mut at: Vec<f64> = calls.iter().map(|call| call.at).collect();
    at.sort_by(f64::total_cmp);
    // The 601st call waits until the first ones leave the window: that is the quota's own pace.
    let reached = 60.0 / (at[600] - at[0]);
    println!("{most} in the fullest minute, {:.1} % of the quota reached", reached * 100.0);
    assert!(reached >= 0.9, "only {reached} of the quota was reached");
}
