//! Traces: one task from its push over every attempt to its end, as a collector that others wrote reads it.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq};
use jobq_tests::world::receiver::{Received, Receiver};
use jobq_tests::world::witness::Witness;

const SECRET: &str = "tok-5f0c93ab";

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn project() -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         headers = { authorization = \"Bearer ${secret:token}\" }\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n\
         retry = { max_attempts = 3, min_backoff = \"10ms\", max_backoff = \"10ms\" }\n",
    );
    folder
}

fn traced(folder: &Folder, endpoint: &str, args: &[&str]) -> Command {
    let mut command = jobq(folder.path(), args);
    command.env("JOBQ_SECRET_TOKEN", SECRET).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    command
}

#[track_caller]
fn done(mut command: Command, code: i32) -> Ended {
    Ended::from(command.output().unwrap()).with_code(code)
}

/// Pushes one call of this url, and drains it.
#[track_caller]
fn push_and_drain(folder: &Folder, endpoint: &str, url: &str, code: i32) {
    folder.file("calls.txt", url);
    done(traced(folder, endpoint, &["push", "calls", "calls.txt"]), 0);
    done(traced(folder, endpoint, &["drain", "--until-empty"]), code);
}

fn named<'a>(spans: &'a [Received], name: &str) -> Vec<&'a Received> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// What the API was told: a context of level 1, sampled.
fn told(span: &Received) -> Option<String> {
    Some(format!("00-{}-{}-01", span.trace, span.id))
}

#[test]
fn one_task_is_one_trace_from_its_push_over_two_attempts_to_its_result() {
    let (receiver, api, folder) = (Receiver::start(), Witness::answering([500]), project());
    push_and_drain(&folder, &receiver.url(), &api.url("/x?page=1"), 0);
    let spans = receiver.has(5);

    let [push] = named(&spans, "push calls")[..] else { panic!("{spans:#?}") };
    assert_eq!((push.parent.as_str(), push.kind.as_str()), ("", "SPAN_KIND_PRODUCER"));
    assert_eq!(push.is("messaging.system"), "Str(jobq)");
    let task = push.is("messaging.message.id");
    assert!(spans.iter().all(|span| span.trace == push.trace && span.is("messaging.message.id") == task));

    let [first, second] = named(&spans, "GET")[..] else { panic!("{spans:#?}") };
    for call in [first, second] {
        assert_eq!((call.parent.as_str(), call.kind.as_str()), (push.id.as_str(), "SPAN_KIND_CLIENT"));
        assert_eq!(call.is("server.address"), "Str(127.0.0.1)");
        assert_eq!(call.is("url.full"), format!("Str({})", api.url("/x?page=REDACTED")));
    }
    let told_of = |call: &Received| {
        let keys = ["http.response.status_code", "http.request.resend_count", "error.type", "jobq.outcome"];
        keys.map(|key| call.is(key).to_owned())
    };
    assert_eq!(told_of(first), ["Int(500)", "", "Str(500)", "Str(retry)"]);
    assert_eq!(told_of(second), ["Int(200)", "Int(1)", "", "Str(done)"]);
    assert_eq!((first.status.as_str(), second.status.as_str()), ("STATUS_CODE_ERROR", "STATUS_CODE_UNSET"));
    assert_eq!(api.header("traceparent"), [told(first), told(second)]);

    let [again, end] = named(&spans, "settle calls")[..] else { panic!("{spans:#?}") };
    assert_eq!((again.parent.as_str(), end.parent.as_str()), (first.id.as_str(), second.id.as_str()));
    assert_eq!((again.is("jobq.settlement"), end.is("jobq.settlement")), ("Str(retry)", "Str(done)"));
    assert_eq!(end.is("jobq.result.bytes"), "Int(11)");
    let [record] = &folder.records("results.jsonl")[..] else { panic!("one result") };
    assert_eq!(format!("Str({})", record["task"].as_str().unwrap()), task);
    assert!(receiver.log().contains("service.name: Str(jobq)"), "{}", receiver.log());
}

#[test]
fn a_dead_task_keeps_its_trace_and_goes_on_in_it_when_it_is_sent_back() {
    let (receiver, api, folder) = (Receiver::start(), Witness::answering([422]), project());
    push_and_drain(&folder, &receiver.url(), &api.url("/x"), 3);
    let spans = receiver.has(3);
    let [end] = named(&spans, "settle calls")[..] else { panic!("{spans:#?}") };
    assert_eq!((end.is("jobq.settlement"), end.is("jobq.reason")), ("Str(dead)", "Str(rejected)"));

    done(traced(&folder, &receiver.url(), &["dlq", "redrive", "calls", "--yes"]), 0);
    done(traced(&folder, &receiver.url(), &["drain", "--until-empty"]), 0);
    let spans = receiver.has(5);
    let [first, second] = named(&spans, "GET")[..] else { panic!("{spans:#?}") };
    assert_eq!((&second.trace, &second.parent), (&first.trace, &first.parent));
    assert_eq!(second.is("http.request.resend_count"), "Int(1)");
    assert_eq!(api.header("traceparent"), [told(first), told(second)]);
}

#[test]
fn a_push_in_a_trace_makes_its_tasks_a_part_of_it_as_far_as_that_is_sampled() {
    let (receiver, api, folder) = (Receiver::start(), Witness::answering([]), project());
    folder.file("calls.txt", format!("{}\n{}\n", api.url("/1"), api.url("/2")));
    let push = |parent: &str| {
        let mut command = traced(&folder, &receiver.url(), &["push", "calls", "calls.txt", "--again"]);
        command.env("TRACEPARENT", parent);
        done(command, 0);
        done(traced(&folder, &receiver.url(), &["drain", "--until-empty"]), 0);
    };
    push(PARENT);
    let spans = receiver.has(6);
    assert!(spans.iter().all(|span| span.trace == PARENT[3..35]), "{spans:#?}");
    assert!(named(&spans, "push calls").iter().all(|push| push.parent == PARENT[36..52]));
    // What isn't sampled is told of nowhere, and is told so to the API.
    push(&PARENT.replace("-01", "-00"));
    assert_eq!(receiver.has(6).len(), 6);
    let told = api.header("traceparent");
    assert_eq!(told.len(), 4);
    for context in told[2..].iter().flatten() {
        assert!(context.starts_with(&PARENT[..36]) && context.ends_with("-00"), "{context}");
    }
}

#[test]
fn where_nobody_asks_for_traces_none_are_made() {
    let (receiver, api, folder) = (Receiver::start(), Witness::answering([]), project());
    for (name, value) in
        [("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")]
    {
        folder.file("calls.txt", api.url("/x"));
        for args in [&["push", "calls", "calls.txt", "--again"][..], &["drain", "--until-empty"]] {
            let mut command = traced(&folder, &receiver.url(), args);
            command.env(name, value);
            done(command, 0);
        }
    }
    assert_eq!(api.header("traceparent"), [None, None, None]);
    assert_eq!(receiver.spans().len(), 0);
}

#[test]
fn a_task_may_tell_a_context_of_its_own() {
    let (receiver, api, folder) = (Receiver::start(), Witness::answering([]), project());
    let task = format!(r#"{{"url":"{}","headers":{{"traceparent":"{PARENT}"}}}}"#, api.url("/x"));
    folder.file("calls.jsonl", task);
    done(traced(&folder, &receiver.url(), &["push", "calls", "calls.jsonl"]), 0);
    done(traced(&folder, &receiver.url(), &["drain", "--until-empty"]), 0);
    receiver.has(3);
    assert_eq!(api.header("traceparent"), [Some(PARENT.to_owned())]);
}

/// One receiver that isn't there, and one that takes everything in and never answers.
#[test]
fn a_receiver_that_is_away_delays_and_fails_nothing() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let places = [1, silent.local_addr().unwrap().port()].map(|port| format!("http://127.0.0.1:{port}"));
    for place in places {
        let (api, folder) = (Witness::answering([]), project());
        folder.file("calls.txt", api.url("/x"));
        for args in [&["push", "calls", "calls.txt"][..], &["drain", "--until-empty"]] {
            let begun = Instant::now();
            let ended = done(traced(&folder, &place, args), 0);
            assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
            assert_eq!(ended.stderr.matches("were not delivered").count(), 1, "{}", ended.stderr);
        }
        assert_eq!(folder.records("results.jsonl").len(), 1);
    }
}

#[test]
fn p6_no_secret_is_in_a_span() {
    let (receiver, api, folder) = (Receiver::start(), Witness::answering([500, 403]), project());
    let url = api.url("/${secret:token}/x?key=${secret:token}&plain=tok-5f0c-plain");
    push_and_drain(&folder, &receiver.url(), &url, 3);
    receiver.has(5);
    let wanted = Some(format!("Bearer {SECRET}"));
    assert_eq!(api.header("authorization"), [wanted.clone(), wanted], "the API didn't get the secret");
    assert!(receiver.log().contains("${secret:token}/x?key=REDACTED&plain=REDACTED"), "{}", receiver.log());
    assert!(!receiver.log().contains("tok-5f0c"), "{}", receiver.log());
}
