//! Looking: `status`, `queue`, `limit` and `dlq`, for people and for scripts.

use std::process::Stdio;

use serde_json::Value;

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run};
use jobq_tests::world::nginx::Nginx;

/// A project with done, dead and waiting tasks in it.
fn lived_in() -> (Nginx, Folder) {
    let api = Nginx::open("location /gone { return 404 'no such troop'; }");
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"100/s\"\nquotas = [\"600/m\"]\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n\
         [limits.idle]\nrate = \"1/s\"\nhosts = [\"api.example\"]\n[queues.waiting]\nlimit = \"idle\"\n\
         schedule = [\"cron(0 22 L DEC ? 2199) for 4h\"]\n",
    );
    folder.file("calls.txt", format!("{}{}\n", api.urls(5), api.url("/gone")));
    folder.file("later.txt", "https://api.example/1\nhttps://api.example/2\n");
    run(folder.path(), ["push", "calls", "calls.txt", "--batch", "monday"]).with_code(0);
    run(folder.path(), ["push", "waiting", "later.txt"]).with_code(0);
    run(folder.path(), ["drain", "api", "--until-empty"]).with_code(3);
    (api, folder)
}

#[test]
fn what_there_is_to_see_in_text() {
    let (_api, folder) = lived_in();
    for (command, texts) in [
        ("status", &["QUEUE", "LIMIT", "BATCH", "calls", "waiting", "monday", "100/s", "2% headroom"][..]),
        ("queue ls", &["READY", "DEAD", "calls", "waiting"]),
        ("queue show calls", &["visibility", "max response", "results.jsonl", "always open"]),
        (
            "queue show waiting",
            &[
                "cron(0 22 L DEC ? 2199) for 4h",
                "closed until 2199-12-31 22:00 UTC",
                "2199-12-31 22:00 UTC to 2200-01-01 02:00 UTC",
            ],
        ),
        ("limit ls", &["api", "100/s", "98.00/s", "idle"]),
        ("limit show api", &["max in flight", "127.0.0.1", "quota 600/m", "6 used, 594 left"]),
        ("dlq ls", &["TASK", "monday-6", "rejected", "the API answered 404"]),
        ("dlq show monday-6", &["monday-6", "/gone", "attempt", "404", "no such troop"]),
    ] {
        let ended = run(folder.path(), command.split(' ')).with_code(0);
        assert_eq!(ended.stderr, "", "jobq {command}");
        for text in texts {
            assert!(ended.stdout.contains(text), "jobq {command}: {text:?} is not in\n{}", ended.stdout);
        }
    }
}

#[test]
fn what_there_is_to_see_in_json() {
    let (_api, folder) = lived_in();
    let json = |command: &str| run(folder.path(), command.split(' ').chain(["--json"])).with_code(0).json();
    let queue_keys = [
        "added_per_minute",
        "concerns",
        "dead",
        "delayed",
        "eta",
        "in_flight",
        "limit",
        "measured_at",
        "next_openings",
        "oldest_seconds",
        "paused",
        "queue",
        "ready",
        "settled_per_minute",
    ];
    let limit_keys = [
        "because",
        "burst",
        "changes",
        "cooling_seconds",
        "drainers",
        "effective_per_second",
        "hosts",
        "limit",
        "max_in_flight",
        "paused",
        "quotas",
        "rate",
        "refused_per_minute",
        "used_per_second",
    ];

    let status = json("status");
    assert_eq!(keys(&status), ["batches", "limits", "queues"]);
    let batch =
        status["batches"].as_array().unwrap().iter().find(|batch| batch["batch"] == "monday").unwrap();
    let batch_keys = [
        "batch",
        "canceled_at",
        "created_at",
        "dead",
        "done",
        "ended_per_second",
        "eta_seconds",
        "finished_at",
        "known",
        "open",
        "pushed_whole",
        "queue",
        "seconds",
        "skipped",
        "state",
    ];
    assert_eq!(keys(batch), batch_keys);
    assert_eq!((&batch["known"], &batch["done"], &batch["dead"]), (&6.into(), &5.into(), &1.into()));

    assert_eq!(keys(&json("queue ls")["queues"][0]), queue_keys);
    assert_eq!(keys(&status["queues"][0]), queue_keys);
    assert_eq!(keys(&status["queues"][0]["eta"]), ["because", "least_seconds", "most_seconds"]);
    assert_eq!((&status["queues"][0]["dead"], &status["queues"][1]["ready"]), (&1.into(), &2.into()));
    let shown = json("queue show calls");
    assert_eq!((&shown["queue"], &shown["settings"]["max_attempts"]), (&"calls".into(), &5.into()));
    assert_eq!((&shown["openings"]["open"], &shown["openings"]["until"]), (&true.into(), &Value::Null));
    let closed = &json("queue show waiting")["openings"];
    assert_eq!(keys(closed), ["next", "open", "schedule", "time_zone", "until"]);
    assert_eq!((&closed["open"], &closed["until"]), (&false.into(), &"2199-12-31T22:00:00.000000Z".into()));
    assert_eq!(keys(&closed["next"][0]), ["from", "local_from", "local_until", "until"]);

    assert_eq!(keys(&json("limit ls")["limits"][0]), limit_keys);
    let limit = json("limit show api");
    assert_eq!(keys(&limit), limit_keys);
    assert_eq!((&limit["quotas"][0]["used"], &limit["quotas"][0]["left"]), (&6.into(), &594.into()));

    let letter = json("dlq ls");
    assert_eq!(keys(&letter), ["dead", "id", "method", "priority", "url"]);
    let story = [
        "attempts",
        "batch",
        "calls",
        "detail",
        "died_at",
        "excerpt",
        "host",
        "letter",
        "past",
        "pushed_at",
        "queue",
        "reason",
        "status",
    ];
    assert_eq!(keys(&letter["dead"]), story);
    assert_eq!(json("dlq show monday-6"), letter);
    assert_eq!(json("dlq export calls"), letter);
    assert_eq!((&letter["id"], &letter["dead"]["status"]), (&"monday-6".into(), &404.into()));
    let stats = json("dlq stats");
    assert_eq!(stats["total"], 1);
    let group = ["count", "detail", "example", "host", "queue", "reason", "status"];
    assert_eq!(keys(&stats["groups"][0]), group);
}

#[test]
fn no_dead_letters_are_no_lines() {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.a]\nrate = \"1/s\"\nhosts = [\"a.example\"]\n[queues.calls]\nlimit = \"a\"\n",
    );
    folder.file("calls.txt", "https://a.example/\n");
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    assert_eq!(run(folder.path(), ["dlq", "ls", "--json"]).with_code(0).stdout, "");
}

/// `jobq ... | head -1`: the reader has seen enough, and that is no failure.
#[test]
fn a_closed_pipe_is_quiet() {
    let (_api, folder) = lived_in();
    for command in ["status", "status --json", "queue ls", "dlq ls", "completions bash", "--help"] {
        let mut running = jobq(folder.path(), command.split(' '));
        let mut child =
            running.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "jobq {command}");
    }
}

pub(crate) fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap_or_else(|| panic!("no object: {object}")).keys().map(String::as_str).collect()
}
