//! A scheduled queue drains in its window, and not outside it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

use crate::alone;
use crate::evidence::{none_refused, urls};
use crate::stage::Stage;

/// Seconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The rule of the clock alone wakes the drainer: this limit has no autoscaler.
#[test]
fn p7_a_scheduled_queue_drains_in_its_window_and_not_outside_it() {
    let _turn = alone();
    let nginx = Nginx::limiting("10r/s", 3);
    // The next minute that is far enough away to deploy and push before.
    let opening = (now() / 60 + 2) * 60;
    let (hour, minute) = (opening / 3_600 % 24, opening / 60 % 60);
    let stage = Stage::deploy(&format!(
        "[limits.api]\nrate = \"10/s\"\nhosts = [\"127.0.0.1:{}\"]\nallow_private = true\n\
         drainers = {{ max = 1, autoscale = false }}\n\
         [queues.nightly]\nlimit = \"api\"\nresults = \"results\"\nschedule = [\"cron({minute} {hour} * * ? *) for 1m\"]\n",
        nginx.port
    ));
    let pushed = urls(&nginx.url(""), "nightly", 2_000);
    stage.push("nightly", &pushed);
    assert!(now() < opening, "this machine took more than a minute to deploy: the test says nothing");
    until("a call comes", || !nginx.calls().is_empty());
    until("the window has closed and calls have ended", || now() > opening + 65);
    let calls = nginx.calls();
    std::thread::park_timeout(Duration::from_secs(5));
    assert_eq!(nginx.calls().len(), calls.len(), "calls after the window");
    none_refused(&calls);
    let at = |call: &jobq_tests::world::access_log::Call| call.at - opening as f64;
    let (first, last) = (calls.first().map(at).unwrap(), calls.last().map(at).unwrap());
    println!("{} calls from {first:.1} s to {last:.1} s after the opening", calls.len());
    assert!(first >= 0.0 && last <= 61.0, "{first} to {last}");
    let ended = stage.results().len();
    assert_eq!(stage.waiting(), 2_000 - ended as u64, "the rest waits for the next opening");
}
