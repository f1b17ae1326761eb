//! Doubles, deaths and outages: nothing is lost, and the limit is never passed.

use std::time::{Duration, Instant};

use jobq_tests::aws::proxy::Trouble;
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

use crate::evidence::{all_answered, none_refused, urls};
use crate::stage::Stage;
use crate::{alone, bootstraps};

/// How often the autoscaler looks here: its rule's minute would make the test long.
const TICK: Option<Duration> = Some(Duration::from_secs(3));

/// How long an outage lasts.
const OUTAGE: Duration = Duration::from_secs(20);

const TASKS: usize = 1_500;

fn stage(nginx: &Nginx) -> Stage {
    Stage::deploy(&format!(
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1:{}\"]\nallow_private = true\n\
         drainers = {{ max = 3, in_flight = 1, target_drain = \"1s\" }}\n\
         [queues.troops]\nlimit = \"api\"\nresults = \"results\"\ntimeout = \"5s\"\nvisibility = \"20s\"\n",
        nginx.port
    ))
}

/// Pushes, and waits until calls come.
fn begin(stage: &Stage, nginx: &Nginx) -> String {
    let urls = urls(&nginx.url(""), "troops", TASKS);
    stage.push("troops", &urls);
    until("calls come", || nginx.calls().len() > 100);
    urls
}

fn end(stage: &Stage, nginx: &Nginx, urls: &str) {
    stage.drain(Duration::from_secs(240), TICK);
    let calls = nginx.calls();
    none_refused(&calls);
    all_answered(stage, urls);
    println!("{} calls for {TASKS} tasks, none refused, none lost", calls.len());
}

#[test]
fn p1_p2_every_invoke_comes_twice() {
    let _turn = alone();
    let nginx = Nginx::limiting("50r/s", 3);
    let stage = stage(&nginx);
    stage.proxy.double("lambda", "Invoke");
    let urls = begin(&stage, &nginx);
    end(&stage, &nginx, &urls);
}

#[test]
fn p1_p2_drainers_are_killed_in_the_middle() {
    let _turn = alone();
    let nginx = Nginx::limiting("50r/s", 3);
    let stage = stage(&nginx);
    let urls = begin(&stage, &nginx);
    let mut killed = 0;
    for kill in 1..=3 {
        let seen = 150 * kill;
        let begun = Instant::now();
        while nginx.calls().len() < seen + 100 {
            assert!(begun.elapsed() < Duration::from_secs(120), "no more calls come");
            stage.tick();
            std::thread::park_timeout(Duration::from_millis(500));
        }
        killed += bootstraps::kill_all(stage.proxy.url());
    }
    println!("{killed} drainers were killed");
    assert!(killed >= 3, "{killed}");
    end(&stage, &nginx, &urls);
}

#[test]
fn p1_p2_the_ledger_can_not_be_reached_for_a_while() {
    outage("dynamodb", Trouble::Unreachable);
}

#[test]
fn p1_p2_sqs_answers_errors_for_a_while() {
    outage("sqs", Trouble::ServerError);
}

fn outage(service: &'static str, trouble: Trouble) {
    let _turn = alone();
    let nginx = Nginx::limiting("50r/s", 3);
    let stage = stage(&nginx);
    let urls = begin(&stage, &nginx);
    stage.proxy.trouble(service, trouble);
    let before = nginx.calls().len();
    std::thread::park_timeout(OUTAGE);
    let during = nginx.calls().len() - before;
    stage.proxy.mend(service);
    println!("{during} calls in the {} s without {service}", OUTAGE.as_secs());
    end(&stage, &nginx, &urls);
}
