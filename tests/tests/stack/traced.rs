//! Traces over functions: one task from its push here to its result there, as a collector that others wrote reads it.

use std::time::Duration;

use jobq_tests::world::jobq::Ended;
use jobq_tests::world::receiver::{Received, Receiver};
use jobq_tests::world::witness::Witness;

use crate::alone;
use crate::stage::Stage;

#[test]
fn one_task_is_one_trace_from_its_push_over_two_attempts_in_a_function_to_its_result() {
    let _turn = alone();
    let (receiver, api) = (Receiver::start(), Witness::answering([500]));
    let stage = Stage::deploy(&format!(
        "traces = {{ endpoint = \"{}\" }}\n\
         [limits.api]\nrate = \"10/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\ndrainers = {{ max = 1 }}\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results/calls\"\n\
         retry = {{ min_backoff = \"10ms\", max_backoff = \"10ms\" }}\n",
        receiver.url()
    ));
    stage.folder.file("calls.txt", api.url("/x"));
    let mut push = stage.jobq("push calls calls.txt");
    push.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    Ended::from(push.output().unwrap()).with_code(0);
    stage.drain(Duration::from_secs(120), Some(Duration::from_secs(5)));
    let spans = receiver.has(5);
    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<&Received>>();

    let [push] = named("push calls")[..] else { panic!("{spans:#?}") };
    let task = push.is("messaging.message.id");
    assert!(spans.iter().all(|span| span.trace == push.trace && span.is("messaging.message.id") == task));
    let [first, second] = named("GET")[..] else { panic!("{spans:#?}") };
    assert_eq!([&first.parent, &second.parent], [&push.id, &push.id]);
    assert_eq!([first, second].map(|call| call.is("jobq.outcome")), ["Str(retry)", "Str(done)"]);
    let told = [first, second].map(|call| Some(format!("00-{}-{}-01", call.trace, call.id)));
    assert_eq!(api.header("traceparent"), told);
    let [again, end] = named("settle calls")[..] else { panic!("{spans:#?}") };
    assert_eq!([&again.parent, &end.parent], [&first.id, &second.id]);
    assert_eq!([again, end].map(|span| span.is("jobq.settlement")), ["Str(retry)", "Str(done)"]);
    let [result] = &stage.results()[..] else { panic!("one result") };
    assert_eq!(format!("Str({})", result["task"].as_str().unwrap()), task);
    assert!(receiver.log().contains("faas.name: Str(jobq-drain-api)"), "{}", receiver.log());
}
