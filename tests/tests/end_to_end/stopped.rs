//! A stop that was asked for: it is prompt, it hands back, and it costs not one double.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::alone;
use crate::evidence::Evidence;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{jobq, run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

const TASKS: usize = 1_000;

/// Calls take no time here; what is left is to write down what has ended.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn p1_a_stop_hands_back_and_the_next_run_makes_no_double() {
    let _turn = alone();
    let (api, folder) = (Nginx::open(""), Folder::new());
    folder.file("calls.txt", api.urls(TASKS));
    let args = ["run", "calls.txt", "--rate", "200/s", "--allow-private", "--json"];

    let running = start(folder.path(), args);
    until("a third is done", || api.calls().len() >= TASKS / 3);
    let asked = Instant::now();
    terminate(&running);
    let stopped = wait(running).with_code(1);
    let took = asked.elapsed();
    println!("stopped in {took:?}");
    assert!(took < SOON, "the stop took {took:?}");
    assert!(stopped.stderr.contains("stopping"), "{stopped:?}");
    let done = stopped.json()["tally"]["done"].as_u64().unwrap();
    assert_eq!(stopped.json()["tally"]["open"], TASKS as u64 - done);

    let queues = run(folder.path(), ["queue", "ls", "--json"]).with_code(0).json();
    assert_eq!(queues["queues"][0]["in_flight"], 0, "it kept tasks");
    assert_eq!(queues["queues"][0]["ready"], TASKS as u64 - done);

    let report = run(folder.path(), args).with_code(0).json();
    assert_eq!(report["tally"]["done"], TASKS);
    let evidence = Evidence::gather(&folder, "calls.results.jsonl", &api.calls());
    evidence.assert_all_done(TASKS);
    assert_eq!((evidence.extra_calls(), evidence.extra_records()), (0, 0));
}

/// A call that is under way when the stop comes may end; a second signal breaks it off, and it is no attempt.
#[test]
fn p1_p4_a_second_signal_breaks_off_a_slow_call_and_spends_no_attempt() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let folder = Folder::new();
    folder.file("calls.txt", format!("http://{}/\n", listener.local_addr().unwrap()));
    let args = ["run", "calls.txt", "--rate", "50/s", "--max-attempts", "1", "--allow-private", "--json"];
    let running = jobq(folder.path(), args)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::fs::File::create(folder.path().join("stderr")).unwrap())
        .spawn()
        .unwrap();
    // The call is under way when it has connected; it is never answered.
    let _call = listener.accept().unwrap();
    terminate(&running);
    until("it says that it stops", || folder.read("stderr").contains("stopping"));
    let asked = Instant::now();
    terminate(&running);
    let stopped = wait(running).with_code(1);
    assert!(asked.elapsed() < SOON, "the end took {:?}", asked.elapsed());
    let report = stopped.json();
    assert_eq!((&report["tally"]["open"], &report["tally"]["dead"]), (&1.into(), &0.into()));
}

fn terminate(child: &Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
