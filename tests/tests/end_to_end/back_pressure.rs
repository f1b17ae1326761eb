//! P4 and the cool-down: an API slower than jobq was told.

use crate::alone;
use jobq_tests::world::access_log::{Call, with_status};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;

#[test]
fn p4_an_api_at_half_the_rate_slows_the_limit_and_costs_no_attempt() {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting("25r/s", 3), Folder::new());
    folder.file("calls.txt", api.urls(900));
    let args = ["run", "calls.txt", "--rate", "50/s", "--max-attempts", "1", "--allow-private", "--json"];
    let report = run(folder.path(), args).with_code(0).json();
    assert_eq!(report["tally"]["done"], 900);
    assert_eq!(report["drain"]["retried"], 0, "an attempt was spent on a 429");
    judge(&api.calls());
}

/// After the first seconds, in which the right pace is looked for, hardly any call is refused.
fn judge(calls: &[Call]) {
    let first = calls.iter().map(|call| call.at).fold(f64::INFINITY, f64::min);
    let later: Vec<_> = calls.iter().filter(|call| call.at > first + 10.0).cloned().collect();
    let (refused, refused_later) = (with_status(calls, 429), with_status(&later, 429));
    let share = refused_later as f64 / later.len() as f64;
    println!(
        "{refused} of {} calls refused in all; {refused_later} of {} after 10 s: {:.1} %",
        calls.len(),
        later.len(),
        share * 100.0
    );
    assert!(refused > 0, "the API never refused: this test shows nothing");
    assert!(share < 0.03, "{share} of the calls were refused");
}

#[test]
fn p4_four_processes_slow_down_together() {
    let _turn = alone();
    let (api, folder) = (Nginx::limiting("25r/s", 3), Folder::new());
    folder.file("calls.txt", api.urls(700));
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n
         [queues.calls]\nlimit = \"api\"\nresults = \"results\"\nretry = { max_attempts = 1 }\n",
    );
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let drains: Vec<_> = (0..4).map(|_| start(folder.path(), ["drain", "--until-empty", "--json"])).collect();
    let reports: Vec<_> = drains.into_iter().map(|drain| wait(drain).with_code(0).json()).collect();
    let done: u64 = reports.iter().map(|report| report["done"].as_u64().unwrap()).sum();
    assert_eq!(done, 700, "{reports:?}");
    judge(&api.calls());
}
