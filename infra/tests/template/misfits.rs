//! What no stack can be made of.

use crate::config;

const LIMIT: &str = "[limits.api]\nrate = \"5/s\"\nhosts = [\"a.example\"]\n";

fn check(text: &str, expected: &[&str]) {
    let misfits = jobq_infra::render(&config(text)).expect_err("misfits");
    let told: Vec<&str> = misfits.iter().map(|misfit| misfit.message.as_str()).collect();
    assert_eq!(told, expected);
}

#[test]
fn nothing_to_make() {
    check(LIMIT, &["there is no queue"]);
}

#[test]
fn hooks_without_a_machine_to_run_on() {
    let hooks = r#"command = ["notify"], url = "http://a.example", queue = "q", task = "1""#;
    let queue =
        format!("[queues.q]\nlimit = \"api\"\n[queues.p]\nlimit = \"api\"\non_complete = {{ {hooks} }}");
    check(
        &format!("{LIMIT}{queue}"),
        &[
            "queues.p.on_complete.command: on AWS the end of a batch is told by an event",
            "queues.p.on_complete.url: on AWS the end of a batch is told by an event",
        ],
    );
}

#[test]
fn long_names() {
    let queue = "q".repeat(60);
    check(
        &format!("[aws]\nstack = \"abcdefghijklmnopqr\"\n{LIMIT}[queues.{queue}]\nlimit = \"api\""),
        &[&format!(
            "queues.{queue}: its queue would be called 'abcdefghijklmnopqr-{queue}-bulk': 84 characters, and AWS takes 80"
        )],
    );
    let limit = "l".repeat(60);
    check(
        &format!("{}[queues.q]\nlimit = \"{limit}\"", LIMIT.replace("api", &limit)),
        &[&format!(
            "limits.{limit}: its function would be called 'jobq-drain-{limit}': 71 characters, and AWS takes 64"
        )],
    );
    check(
        &format!("[aws]\nstack = \"abcdefghijklmnopqrstuvwxyz\"\n{LIMIT}[queues.q]\nlimit = \"api\""),
        &["aws.stack: its bucket would be called \
           'abcdefghijklmnopqrstuvwxyz-artifacts-123456789012-ap-southeast-2': 64 characters, and AWS takes 63"],
    );
}

#[test]
fn names_that_become_one() {
    check(
        &format!(
            "{LIMIT}[queues.\"a.b\"]\nlimit = \"api\"\n[queues.a_b]\nlimit = \"api\"\n\
             [queues.c]\nlimit = \"api\"\n[queues.c-dlq]\nlimit = \"api\""
        ),
        &[
            "queue a.b and queue a_b would have the same queue on AWS, 'jobq-a_b'",
            "lane bulk of a.b and lane bulk of a_b would have the same queue on AWS, 'jobq-a_b-bulk'",
            "dead letters of a.b and dead letters of a_b would have the same queue on AWS, 'jobq-a_b-dlq'",
            "lane high of a.b and lane high of a_b would have the same queue on AWS, 'jobq-a_b-high'",
            "dead letters of c and queue c-dlq would have the same queue on AWS, 'jobq-c-dlq'",
        ],
    );
    let limits = LIMIT.replace("api", "\"a.b\"") + &LIMIT.replace("api", "a_b");
    check(
        &format!("{limits}[queues.q]\nlimit = \"a_b\""),
        &["limit a.b and limit a_b would have the same function on AWS, 'jobq-drain-a_b'"],
    );
}

#[test]
fn places_that_mean_more_than_themselves() {
    check(
        &format!("{LIMIT}[queues.q]\nlimit = \"api\"\nresults = \"results/*\""),
        &["queues.q.results: no permission can be written for 'results/*'"],
    );
}

#[test]
fn files_that_nobody_has() {
    check(
        &format!(
            "{LIMIT}[queues.q]\nlimit = \"api\"\n\
             [pushes.nightly]\nqueue = \"q\"\ncron = \"cron(0 2 * * ? *)\"\nfile = \"tasks.jsonl\"\n"
        ),
        &["pushes.nightly.file: on AWS nobody has the file 'tasks.jsonl' when its time comes"],
    );
}
