//! Cut short and started again: it goes on where it was.

use std::collections::HashSet;

use crate::alone;
use crate::evidence::Evidence;
use crate::state::State;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

#[test]
fn p1_a_run_killed_at_half_goes_on_and_pushes_nothing_twice() {
    const TASKS: usize = 1_000;
    let _turn = alone();
    let (api, folder) = (Nginx::open(""), Folder::new());
    folder.file("calls.txt", api.urls(TASKS));
    let args = ["run", "calls.txt", "--rate", "100/s", "--timeout", "1s", "--allow-private", "--json"];

    let mut running = start(folder.path(), args);
    until("half is done", || api.calls().len() >= TASKS / 2);
    running.kill().unwrap();
    running.wait().unwrap();
    let half = api.calls().len();
    assert!(half < TASKS * 3 / 4, "it was killed too late to show anything");

    let again = run(folder.path(), args).with_code(0);
    assert!(again.stderr.contains("going on with"), "{again:?}");
    let report = again.json();
    assert_eq!(report["tally"]["known"], TASKS, "it pushed some twice");
    assert_eq!(report["tally"]["done"], TASKS);
    let evidence = Evidence::gather(&folder, "calls.results.jsonl", &api.calls());
    evidence.assert_all_done(TASKS);
    let (calls, seconds) = (evidence.extra_calls(), report["drain"]["seconds"].as_f64().unwrap());
    println!("killed after {half} calls; {calls} called twice; the second run took {seconds:.1} s");
    // 100/s: half a second of calls is far more than wait to be written down at any time.
    assert!(calls <= 50, "{calls} tasks were called twice");

    let third = run(folder.path(), args).with_code(0);
    assert!(third.stderr.contains("every task of this file has ended before"), "{third:?}");
    assert_eq!(api.calls().len(), TASKS + calls, "the third run called");
}

#[test]
fn p1_a_push_killed_in_the_middle_goes_on_and_doubles_nothing() {
    const TASKS: usize = 200_000;
    let folder = Folder::new();
    folder.file("jobq.toml", CONFIG);
    let calls: String = (1..=TASKS).map(|n| format!("https://api.example/call/{n}\n")).collect();
    folder.file("calls.txt", calls);
    let push = |more: &[&str]| run(folder.path(), [&["push", "calls", "calls.txt"], more].concat());

    let mut pushing = start(folder.path(), ["push", "calls", "calls.txt"]);
    let known = || State::in_folder(folder.path()).map_or(0, |state| state.known());
    until("a tenth is pushed", || known() >= TASKS / 10);
    pushing.kill().unwrap();
    pushing.wait().unwrap();
    let kept = known();
    assert!(kept < TASKS, "it was killed too late to show anything");
    println!("killed after {kept} tasks");

    let second = push(&["--json"]).with_code(0).json();
    assert_eq!(second["resumed_after"], kept);
    assert_eq!(second["sent"], TASKS - kept);
    assert_each_once(&folder, TASKS);

    let third = push(&[]).with_code(0);
    assert!(third.stdout.contains("was pushed before, whole: nothing was sent"), "{third:?}");
    assert_each_once(&folder, TASKS);

    push(&["--again"]).with_code(0);
    let state = State::in_folder(folder.path()).unwrap();
    assert_eq!((state.known(), state.batches()), (2 * TASKS, 2));
}

#[test]
fn another_file_under_a_batch_that_is_there_is_refused() {
    let folder = Folder::new();
    folder.file("jobq.toml", CONFIG);
    folder.file("a.txt", "https://api.example/a\n");
    folder.file("b.txt", "https://api.example/b\n");
    run(folder.path(), ["push", "calls", "a.txt", "--batch", "monday"]).with_code(0);
    let refused = run(folder.path(), ["push", "calls", "b.txt", "--batch", "monday"]).with_code(2);
    assert!(refused.stderr.contains("the batch monday was made from another source"), "{refused:?}");
    assert!(refused.stderr.contains("--again"), "{refused:?}");
    assert_eq!(State::in_folder(folder.path()).unwrap().known(), 1);
}

const CONFIG: &str = "[limits.a]\nrate = \"1/s\"\nhosts = [\"api.example\"]\n[queues.calls]\nlimit = \"a\"\n";

#[track_caller]
fn assert_each_once(folder: &Folder, tasks: usize) {
    let state = State::in_folder(folder.path()).unwrap();
    let ids = state.open_ids();
    let different: HashSet<&String> = ids.iter().collect();
    assert_eq!((state.known(), ids.len(), different.len()), (tasks, tasks, tasks));
}
