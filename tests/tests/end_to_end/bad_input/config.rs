//! A jobq.toml that is wrong: the line, what is wrong there, and what would be right.

use super::{CONFIG, typed};
use crate::state::State;

/// A jobq.toml that is wrong, pushed to.
#[track_caller]
fn config(toml: &str, says: &[&str]) {
    let folder = typed("push calls good.jsonl").file("jobq.toml", toml).fails(2, says);
    assert!(State::in_folder(folder.path()).is_none(), "something was done");
}

/// The lines of [`CONFIG`] with more after them: those begin at line 7, in the queue.
#[track_caller]
fn config_with(lines: &str, says: &[&str]) {
    config(&format!("{CONFIG}{lines}"), says);
}

cases! {
    config_no_toml: config("[limits\n", &["jobq.toml:1: this is not TOML"]);
    config_unknown_top_key: config("bakend = \"local\"\n", &["jobq.toml:1: bakend", "did you mean 'backend'?"]);
    config_unknown_limit_key: config(
        "[limits.a]\nrate = \"1/s\"\nhosts = [\"a.example\"]\nqoutas = []\n",
        &["jobq.toml:4: limits.a.qoutas is not a known key", "hint: did you mean 'quotas'?"]
    );
    config_unknown_queue_key: config_with("timeoot = \"5s\"\n", &["jobq.toml:7: ", "did you mean 'timeout'?"]);
    config_rate_no_unit: config("[limits.a]\nrate = \"50/x\"\nhosts = [\"a.example\"]\n", &["jobq.toml:2: limits.a.rate: '50/x'"]);
    config_rate_negative: config("[limits.a]\nrate = \"-5/s\"\nhosts = [\"a.example\"]\n", &["jobq.toml:2: ", "it can't be negative"]);
    config_limit_without_hosts: config("[limits.a]\nrate = \"5/s\"\n", &["jobq.toml:1: limits.a.hosts is missing"]);
    config_queue_without_limit: config("[queues.calls]\nweight = 1\n", &["jobq.toml:1: queues.calls.limit is missing"]);
    config_queue_with_unknown_limit: config_with(
        "[queues.more]\nlimit = \"apl\"\n", &["jobq.toml:8: queues.more.limit: there is no limit 'apl'", "did you mean 'api'?"]
    );
    config_timeout_above_visibility: config_with(
        "timeout = \"3m\"\nvisibility = \"2m\"\n", &["queues.calls.timeout: 3m is not shorter than visibility, 2m"]
    );
    config_stages_in_a_circle: config_with(
        "then = { queue = \"calls\", task = \"$task.url\" }\n",
        &["queues.calls.then: the queues make tasks for each other in a ring: calls -> calls", "max_hops"]
    );
    config_twice_the_same_name: config_with("[queues.calls]\nlimit = \"api\"\n", &["jobq.toml:7: ", "duplicate key"]);
    config_every_problem_at_once: config(
        "[limits.a]\nrate = \"x\"\nhosts = []\n[queues.calls]\nlimit = \"b\"\n", &["jobq.toml:2: ", "jobq.toml:3: ", "jobq.toml:5: "]
    );
}

#[test]
fn no_config() {
    let case = typed("push calls good.jsonl");
    std::fs::remove_file(case.folder.path().join("jobq.toml")).unwrap();
    case.fails(2, &["there is no queue 'calls'", "there is no jobq.toml", "hint: write one: jobq init"]);
}

#[test]
fn config_invalid_utf8() {
    typed("status").file("jobq.toml", b"state = \"\xff\"\n").fails(2, &["jobq.toml", "UTF-8"]);
}
