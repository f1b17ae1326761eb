//! `serve`: the whole local engine in one process, beside `push`, `drain` and `status` in others.

use std::fs;
use std::process::{Child, Command, Stdio};

use jobq_tests::world::access_log::{most_within, with_status};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;
use serde_json::Value;

use crate::alone;

/// Two limits, each with a queue.
fn project(api: &Nginx, limit: &str) -> Folder {
    let folder = Folder::new();
    let hosts = "hosts = [\"127.0.0.1\"]\nallow_private = true";
    folder.file(
        "jobq.toml",
        format!(
            "[limits.api]\n{hosts}\n{limit}\n[queues.calls]\nlimit = \"api\"\nresults = \"results\"\n\
             [limits.other]\n{hosts}\nrate = \"100/s\"\n[queues.more]\nlimit = \"other\"\n"
        ),
    );
    folder.file("calls.txt", api.urls(100));
    folder
}

fn term(child: Child) -> Ended {
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    wait(child)
}

fn push(folder: &Folder, queue: &str) {
    run(folder.path(), ["push", queue, "calls.txt", "--again"]).with_code(0);
}

/// What was served of a limit.
fn served<'a>(report: &'a Value, limit: &str) -> &'a Value {
    let limits = report["limits"].as_array().unwrap();
    limits.iter().find(|served| served["limit"] == limit).unwrap()
}

fn queue(folder: &Folder, name: &str) -> Value {
    run(folder.path(), ["queue", "show", name, "--json"]).with_code(0).json()
}

#[test]
fn what_is_pushed_is_served_for_every_limit_and_a_signal_ends_it_clean() {
    let api = Nginx::open("");
    let folder = project(&api, "rate = \"100/s\"");
    let serve = start(folder.path(), ["serve", "--json"]);
    push(&folder, "calls");
    until("the first push is called", || api.calls().len() >= 100);
    // Drainers that have nothing to do are of no use to anybody; the next push finds others.
    push(&folder, "more");
    push(&folder, "calls");
    until("all is called", || api.calls().len() == 300);
    until("all is settled", || {
        queue(&folder, "calls")["in_flight"] == 0 && queue(&folder, "more")["in_flight"] == 0
    });
    let ended = term(serve).with_code(0);
    let report = ended.json();
    let done = |limit| served(&report, limit)["done"].as_u64();
    assert_eq!((done("api"), done("other")), (Some(200), Some(100)), "{report}");
    assert!(ended.stderr.contains("serving api at 100/s: calls; at most 2 drainers"), "{ended:?}");
    assert!(ended.stderr.contains("starting 1"), "who is started is told, and why: {ended:?}");
}

#[test]
fn p1_a_killed_engine_loses_nothing_and_the_next_one_goes_on() {
    let api = Nginx::open("");
    let folder = project(&api, "rate = \"50/s\"");
    let config = folder
        .read("jobq.toml")
        .replace("limit = \"api\"\n", "limit = \"api\"\ntimeout = \"1s\"\nvisibility = \"5s\"\n");
    folder.file("jobq.toml", config);
    push(&folder, "calls");
    let mut killed = start(folder.path(), ["serve"]);
    until("some were called", || api.calls().len() > 20);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let serve = start(folder.path(), ["serve"]);
    until("none is left", || {
        let queue = queue(&folder, "calls");
        queue["ready"] == 0 && queue["in_flight"] == 0 && queue["delayed"] == 0
    });
    term(serve).with_code(0);
    let mut paths: Vec<String> = api.calls().into_iter().map(|call| call.path).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 100, "a task was lost");
}

/// A drainer that can't write its results calls again and again for nothing: the next one waits, longer each time.
#[test]
fn p1_drainers_that_fail_are_followed_by_others_and_what_is_mended_goes_on() {
    let api = Nginx::open("");
    let folder = project(&api, "rate = \"100/s\"");
    let config = folder.read("jobq.toml").replace(
        "results = \"results\"",
        "results = \"answers/all.jsonl\"\ntimeout = \"1s\"\nvisibility = \"2s\"",
    );
    folder.file("jobq.toml", config);
    folder.file("few.txt", api.urls(10));
    let (answers, told) = (folder.path().join("answers"), folder.path().join("stderr"));
    let serve = jobq(folder.path(), ["serve", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&told).unwrap())
        .spawn()
        .unwrap();
    let has_told = |text: &str| fs::read_to_string(&told).unwrap().contains(text);
    until("it serves", || has_told("serving other"));
    // Where the folder was, there is a file.
    fs::remove_dir_all(&answers).unwrap();
    fs::write(&answers, "").unwrap();
    run(folder.path(), ["push", "calls", "few.txt"]).with_code(0);
    until("a drainer has failed", || has_told("api: a drainer failed: "));
    fs::remove_file(&answers).unwrap();
    fs::create_dir(&answers).unwrap();
    until("all is settled", || {
        let queue = queue(&folder, "calls");
        queue["ready"] == 0 && queue["in_flight"] == 0
    });
    let report = term(serve).with_code(0).json();
    assert_eq!(served(&report, "api")["done"], 10, "{report}");
    assert!(
        served(&report, "api")["calls"].as_u64() >= Some(10),
        "failed drainers' calls count too: {report}"
    );
    let calls = api.calls().len();
    assert!(calls <= 40, "{calls} calls of 10 tasks: no drainer waited");
}

/// Each drainer keeps two calls in flight, and the API takes a while: one is not enough, and the policy sees it.
#[test]
fn p2_drainers_are_added_where_one_is_not_enough_and_no_window_is_passed() {
    let _turn = alone();
    let answer = "x".repeat(400);
    let api = Nginx::open(&format!("location /call {{ limit_rate 1k; return 200 '{answer}'; }}"));
    let folder = project(
        &api,
        "rate = \"20/s\"\nburst = 1\ndrainers = { max = 4, in_flight = 2, target_drain = \"1s\" }",
    );
    push(&folder, "calls");
    let serve = start(folder.path(), ["serve", "--limit", "api", "--limit", "api", "--json"]);
    let drain = start(folder.path(), ["drain", "api"]);
    until("all is called", || api.calls().len() == 100);
    until("all is settled", || queue(&folder, "calls")["in_flight"] == 0);
    term(drain).with_code(0);
    let report = term(serve).with_code(0).json();
    assert!(report["limits"].as_array().unwrap().len() == 1, "{report}");
    assert!(served(&report, "api")["drainers"].as_u64().unwrap() >= 2, "{report}");
    // nginx logs the end of an answer, which takes each call equally long.
    let most = most_within(&api.calls(), 1.0);
    assert!(most <= 20 + 1 + 1, "{most} calls in a second");
    assert_eq!(with_status(&api.calls(), 200), 100);
}

#[test]
fn what_cannot_be_served_is_refused_with_what_to_type() {
    let api = Nginx::open("");
    let folder = project(&api, "rate = \"1/s\"");
    let refused = |args: &[&str]| run(folder.path(), args).with_code(2).stderr;
    let on_aws = refused(&["serve", "--backend", "aws"]);
    assert!(on_aws.contains("jobq deploy"), "{on_aws}");
    let unknown = refused(&["serve", "--limit", "apj"]);
    assert!(unknown.contains("did you mean 'api'?"), "{unknown}");
    folder.file("jobq.toml", "[limits.api]\nrate = \"1/s\"\nhosts = [\"127.0.0.1\"]\n");
    assert!(refused(&["serve"]).contains("jobq init"));
    assert!(refused(&["serve", "--limit", "api"]).contains("[queues.NAME]"));
}
