//! A stack drains what is pushed to it, at the limit, by one drainer and by several.

use std::time::{Duration, Instant};

use jobq_tests::aws::proxy::Trouble;
use jobq_tests::world::access_log::pace;
use jobq_tests::world::api::Api;
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience;

use crate::alone;
use crate::evidence::{all_answered, none_refused, urls};
use crate::stage::Stage;

/// Three readings a minute apart, and the minute in which the last one fell.
const COMING_DOWN: Duration = Duration::from_secs(330);

/// Three queues on one limit, as the talk had them.
fn config(port: u16, rate: &str, drainers: &str) -> String {
    let queue = |name: &str| format!("[queues.{name}]\nlimit = \"api\"\nresults = \"results/{name}\"\n");
    format!(
        "[limits.api]\nrate = \"{rate}\"\nhosts = [\"127.0.0.1:{port}\"]\nallow_private = true\n\
         drainers = {{ {drainers} }}\n{}{}{}",
        queue("troops"),
        queue("groups"),
        queue("data")
    )
}

#[test]
fn p1_p2_p3_p7_one_drainer_serves_three_queues_at_the_limit() {
    let _turn = alone();
    let nginx = Nginx::limiting("50r/s", 3);
    let stage = Stage::deploy(&config(nginx.port, "50/s", "max = 1"));
    let begun = Instant::now();
    push_three(&stage, &nginx, 3_000);
    let first = nginx_saw_one(&nginx, begun);
    stage.drain(Duration::from_secs(180), None);
    let used = check(&stage, &nginx, 3_000, 50.0);
    assert!(used >= 0.9, "{used}");
    println!("the first call came {first:.1} s after the push began");
    floor(&stage);
}

#[test]
fn p1_p2_p3_p7_four_drainers_and_more_share_the_limit() {
    let turn = alone();
    let slow = Api::slow(Duration::from_millis(500));
    let nginx = Nginx::limiting_before("50r/s", 3, slow.port);
    let stage = Stage::deploy(&config(nginx.port, "50/s", "max = 6, in_flight = 6, target_drain = \"10s\""));
    push_three(&stage, &nginx, 3_000);
    let mut most = 0;
    let begun = Instant::now();
    // The first decision knows no latency yet: the next ones do, as each minute's would.
    while stage.waiting() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(240), "not drained in time: {:#}", stage.status());
        stage.tick();
        most = most.max(stage.drainers());
        std::thread::park_timeout(Duration::from_secs(3));
    }
    println!("at most {most} drainers at once");
    assert!(most >= 4, "{most}");
    let used = check(&stage, &nginx, 3_000, 50.0);
    assert!(used >= 0.85, "{used}");
    // It takes minutes in which nothing is measured: others may have theirs.
    drop(turn);
    floor(&stage);
}

#[test]
fn p7_the_rule_alone_starts_a_drain() {
    let _turn = alone();
    let nginx = Nginx::limiting("50r/s", 3);
    let stage = Stage::deploy(&config(nginx.port, "50/s", "max = 1"));
    stage.proxy.trouble("lambda", Trouble::Unreachable);
    stage.folder.file("troops.txt", urls(&nginx.url(""), "troops", 50));
    let pushed = stage.run("push troops troops.txt").with_code(0);
    assert!(pushed.stderr.contains("begins within a minute"), "{pushed:?}");
    stage.proxy.mend("lambda");
    stage.drain(Duration::from_secs(120), None);
    check(&stage, &nginx, 50, 50.0);
}

/// A file of four fifths to one queue, and a tenth to each of two others.
fn push_three(stage: &Stage, nginx: &Nginx, count: usize) {
    for (queue, share) in [("troops", count * 8 / 10), ("groups", count / 10), ("data", count / 10)] {
        stage.push(queue, &urls(&nginx.url(""), queue, share));
    }
}

fn nginx_saw_one(nginx: &Nginx, begun: Instant) -> f64 {
    patience::until("a call comes", || !nginx.calls().is_empty());
    begun.elapsed().as_secs_f64()
}

/// Everything is done, and none was refused; the results tell of every call, and by them no window was passed. Answers
/// how well the limit was used; how near to 98 % that comes is a figure, and that it is used is a promise.
#[track_caller]
fn check(stage: &Stage, nginx: &Nginx, count: usize, rate: f64) -> f64 {
    let calls = nginx.calls();
    none_refused(&calls);
    let mut expected = String::new();
    let shares: &[(&str, usize)] = if count < 1_000 {
        &[("troops", count)]
    } else {
        &[("troops", count * 8 / 10), ("groups", count / 10), ("data", count / 10)]
    };
    for (queue, share) in shares {
        expected.push_str(&urls(&nginx.url(""), queue, *share));
    }
    all_answered(stage, &expected);
    let verified = stage.run("limit verify api --json").with_code(0).json();
    assert_eq!(verified["limits"][0]["calls"], calls.len(), "{verified}");
    let used = pace(&calls) / rate;
    println!("{} calls, none refused, {:.1} % of the limit used", calls.len(), used * 100.0);
    used
}

/// When nothing waits any more drainers end by themselves; and after three readings that say so, a minute apart as
/// the autoscaler's rule has it, the cap is at its floor.
#[track_caller]
fn floor(stage: &Stage) {
    patience::until("the drainers have left", || stage.drainers() == 0);
    let begun = Instant::now();
    while stage.concurrency("jobq-drain-api") != Some(1) {
        assert!(begun.elapsed() < COMING_DOWN, "the cap is {:?}", stage.concurrency("jobq-drain-api"));
        std::thread::park_timeout(Duration::from_secs(1));
    }
    println!("the cap was at its floor {:.0} s after the last drainer left", begun.elapsed().as_secs_f64());
}
