//! `JOBQ_LOG`: what a drain tells, for people and as JSON lines.

use std::collections::BTreeSet;

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run};
use jobq_tests::world::nginx::{Nginx, free_port};
use jobq_tests::world::terminal::Terminal;
use serde_json::Value;

use crate::alone;

const SECRET: &str = "a-value-that-nobody-may-see";

/// A drain with a dead task, calls that are refused, a host that isn't there, and a secret in every call.
fn drained(log: &str) -> Ended {
    let api = Nginx::made_of(
        "limit_req_zone $server_name zone=api:1m rate=20r/s;\n limit_req_status 429;",
        "location = /dead { return 404; }
         location / { limit_req zone=api; try_files /none @ok; }",
    );
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"40/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         headers = { authorization = \"Bearer ${secret:token}\" }\n\
         [queues.calls]\nlimit = \"api\"\nretry = { max_attempts = 1 }\n",
    );
    let nobody = format!("http://127.0.0.1:{}/\n", free_port());
    folder.file("calls.txt", format!("{}{}\n{nobody}", api.urls(12), api.url("/dead")));
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let mut drain = jobq(folder.path(), ["drain", "--until-empty", "--json"]);
    drain.env("JOBQ_LOG", log).env("JOBQ_SECRET_TOKEN", SECRET);
    let ended = Ended::from(drain.output().unwrap()).with_code(3);
    assert!(!ended.stderr.contains(SECRET) && !ended.stdout.contains(SECRET), "p6: {ended:?}");
    ended
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}

#[test]
fn p6_json_lines_tell_what_happened_and_no_secret() {
    let _turn = alone();
    let ended = drained("debug,json");
    let (report, lines) = (ended.json(), lines(&ended.stderr));
    for line in &lines {
        assert!(line["time"].as_str().unwrap().ends_with('Z'), "{line}");
        assert!(["error", "warn", "info", "debug"].contains(&line["level"].as_str().unwrap()), "{line}");
    }
    let of = |event: &str| -> Vec<&Value> { lines.iter().filter(|line| line["event"] == event).collect() };
    assert_eq!(lines.first().unwrap()["event"], "drain_begun");
    assert_eq!(lines.last().unwrap()["event"], "drain_ended");
    assert_eq!(of("call_started").len() as u64, report["calls"].as_u64().unwrap());
    assert_eq!(of("call_ended").len(), of("call_started").len());
    assert_eq!(of("task_done").len(), 12);
    let unreachable: Vec<&Value> =
        of("call_ended").into_iter().filter(|line| line["error"].is_string()).collect();
    assert_eq!(unreachable.len(), 1, "{unreachable:?}");
    let reasons: BTreeSet<&str> =
        of("task_died").iter().map(|line| line["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, BTreeSet::from(["exhausted", "rejected"]));
    // The first is told, the others are summed up at the end.
    let cooled: u64 = of("limit_cooled").iter().map(|line| line["times"].as_u64().unwrap_or(1)).sum();
    assert_eq!(cooled, report["refused"].as_u64().unwrap());
    assert!(cooled > 0, "nginx refused nothing");
    let last = lines.last().unwrap();
    for key in ["calls", "done", "dead", "retried", "refused", "released"] {
        assert_eq!(last[key], report[key], "{key}");
    }
}

#[test]
fn text_is_for_people_and_as_loud_as_asked() {
    let _turn = alone();
    let ended = drained("warn");
    let told: Vec<&str> = ended.stderr.lines().map(|line| line.split_once("Z ").unwrap().1.trim()).collect();
    assert!(told.contains(&"WARN task_died queue=calls reason=rejected"), "{told:?}");
    assert!(told.contains(&"WARN limit_cooled limit=api status=429"), "{told:?}");
    assert!(told.iter().all(|line| line.starts_with("WARN ")), "{told:?}");
}

#[test]
fn a_wrong_word_is_answered_with_the_right_ones() {
    for (word, command) in [("verbose", "status"), ("debug,xml", "doctor"), ("json", "init")] {
        let folder = Folder::new();
        let ended = Ended::from(jobq(folder.path(), [command]).env("JOBQ_LOG", word).output().unwrap());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(&format!("JOBQ_LOG is {word:?}")), "{ended:?}");
        assert!(ended.stderr.contains("error, warn, info or debug"), "{ended:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it did something");
    }
}

#[test]
fn a_push_and_a_failure_are_lines_too() {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.a]\nrate = \"1/s\"\nhosts = [\"api.example\"]\n[queues.waiting]\nlimit = \"a\"\n",
    );
    folder.file("calls.txt", "https://api.example/1\nno url\n");
    let logged =
        |args: &[&str]| Ended::from(jobq(folder.path(), args).env("JOBQ_LOG", "info,json").output().unwrap());
    let pushed = lines(&logged(&["push", "waiting", "calls.txt"]).with_code(1).stderr);
    let events: Vec<&str> = pushed.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["line_refused", "batch_pushed"]);
    assert_eq!((&pushed[0]["line"], &pushed[1]["tasks"]), (&2.into(), &1.into()));
    let failed = lines(&logged(&["push", "nowhere", "calls.txt"]).with_code(2).stderr);
    assert_eq!((&failed[0]["event"], &failed[0]["level"]), (&"command_failed".into(), &"error".into()));
    assert!(failed[0]["error"].as_str().unwrap().contains("nowhere"), "{failed:?}");
}

/// A bar would be drawn over the lines.
#[test]
fn there_is_no_bar_where_there_is_a_log() {
    let _turn = alone();
    let (api, folder) = (Nginx::open(""), Folder::new());
    folder.file("calls.txt", api.urls(60));
    let program = std::env::var("JOBQ_BIN").unwrap();
    let command = |log: &str| {
        format!("{log} {program} run calls.txt --rate 40/s --allow-private --again; echo it is over; cat")
    };
    let bare = Terminal::start(folder.path(), (120, 30), &command(""));
    bare.shows("in flight");
    let logged = Terminal::start(folder.path(), (120, 30), &command("JOBQ_LOG=info"));
    logged.shows("drain_begun");
    let mut drawn = false;
    jobq_tests::world::patience::until("it is over", || {
        let text = logged.text();
        drawn |= text.contains("in flight") || text.contains('█');
        text.contains("it is over")
    });
    assert!(!drawn, "{}", logged.text());
    assert!(logged.text().contains("drain_ended"), "{}", logged.text());
}
