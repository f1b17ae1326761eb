//! Over SQS, as MiniStack has it.

use jobq_core::stack::Stack;
use jobq_tests::aws::ministack;
use serde_json::{Value, json};

use crate::office::{Office, stack};
use crate::{parts, rest, scenario};

/// An office over a stack of its own: queues and a ledger, and no functions that would drain by themselves.
fn office() -> (Office, Stack, String) {
    let url = ministack().url();
    let stack = Stack { name: stack().parse().unwrap(), ..Stack::default() };
    wait_for(parts::make_table(&url, &stack));
    wait_for(parts::make_troops(&url, &stack));
    (Office::aws(&url, stack.name.as_str()), stack, url)
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// What SQS counts in the dead-letter queue: visible, and hidden.
fn counts(url: &str, stack: &Stack) -> (String, String) {
    let name = stack.dead_letter_queue(&"troops".parse().unwrap());
    let found = wait_for(rest::call(url, "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name })));
    let asked = json!({ "QueueUrl": found["QueueUrl"], "AttributeNames": ["All"] });
    let told = wait_for(rest::call(url, "AmazonSQS.GetQueueAttributes", &asked));
    let count = |name: &str| told["Attributes"][name].as_str().unwrap().to_owned();
    (count("ApproximateNumberOfMessages"), count("ApproximateNumberOfMessagesNotVisible"))
}

fn put(url: &str, stack: &Stack, body: &str) {
    let name = stack.dead_letter_queue(&"troops".parse().unwrap());
    let found = wait_for(rest::call(url, "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name })));
    let message = json!({ "QueueUrl": found["QueueUrl"], "MessageBody": body });
    wait_for(rest::call(url, "AmazonSQS.SendMessage", &message));
}

/// How many letters are made where every look at them counts: MiniStack shows 10,000 in 40 seconds. This variable sets
/// another number.
fn letters() -> usize {
    let number = std::env::var_os("JOBQ_TEST_LETTERS");
    number.map_or(1_000, |number| number.into_string().unwrap().parse().unwrap())
}

#[test]
fn ten_thousand_letters_are_shown_once_each() {
    let (office, stack, url) = office();
    office.kill(10_000);
    scenario::stats_are_right(&office, 10_000);
    let mut ids: Vec<String> = office.export(&[]).iter().map(|line| line["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10_000);
    assert_eq!(counts(&url, &stack), ("10000".to_owned(), "0".to_owned()), "all of it is visible");
}

#[test]
fn p1_p2_one_failure_of_many() {
    let (office, stack, url) = office();
    office.kill(letters());
    scenario::looks(&office, letters());
    assert_eq!(counts(&url, &stack), (letters().to_string(), "0".to_owned()), "all of it is visible");
    scenario::p1_p2_sends_back_one_failure(&office, letters(), 1);
}

#[test]
fn two_operators() {
    let (office, ..) = office();
    office.kill(letters());
    scenario::two_operators_share_the_letters(&office, letters());
}

/// What others put there is told as what it is, goes back where it is a task, and stays where it isn't.
#[test]
fn what_is_no_letter_is_told_and_stays() {
    let (office, stack, url) = office();
    let task = format!(
        r#"{{"v":1,"id":"lost","batch":"b","req":{{"u":"{}"}},"at":1000000000}}"#,
        office.api.nginx.url("/v2/found")
    );
    for body in ["{broken", r#"{"somebody": "else's"}"#, &task] {
        put(&url, &stack, body);
    }
    let mut listed: Vec<Value> = office.list(&[]);
    listed.sort_by_key(|line| line["dead"]["text"].to_string());
    let told: Vec<(&Value, &Value)> =
        listed.iter().map(|line| (&line["dead"]["reason"], &line["dead"]["text"])).collect();
    assert_eq!(
        told,
        [
            (&json!("foreign"), &json!(r#"{"somebody": "else's"}"#)),
            (&json!("foreign"), &json!("{broken")),
            (&json!("moved"), &Value::Null),
        ]
    );
    let report = office.run(&["dlq", "redrive", "troops", "--yes", "--json"]).with_code(0).json();
    assert_eq!(
        (&report["ended"], &report["without_task"], &report["left"]),
        (&json!(1), &json!(2), &json!(0))
    );
    let drained = office.run(&["drain", "--until-empty"]);
    assert_eq!(drained.code, Some(0), "{drained:?} {:#?}", office.list(&["--reason", "exhausted,rejected"]));
    assert_eq!(office.api.calls("/v2/found").len(), 1);
    assert_eq!(office.list(&["--reason", "foreign"]).len(), 2);
    let id = listed[0]["dead"]["letter"].as_str().unwrap();
    let dropped = office.run(&["dlq", "drop", "troops", id, "--json"]).with_code(0).json();
    assert_eq!(dropped["ended"], 1);
    assert_eq!(office.list(&[]).len(), 1);
}
