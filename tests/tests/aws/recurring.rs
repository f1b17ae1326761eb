//! Recurring pushes as EventBridge Scheduler makes them, as far as the stand-in can: it sends the input to the queue, and
//! leaves the place of the time as it stands.

use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_core::envelope::Envelope;
use jobq_core::firing::message;
use jobq_core::ports::inbox::Inbox;
use jobq_tests::aws::{REGION, ministack};
use jobq_tests::contract::subject::{VISIBILITY, normal, troops};
use reqwest::Method;
use serde_json::json;

use crate::{parts, rest};

const TIME: &str = "<aws.scheduler.scheduled-time>";

#[tokio::test]
async fn a_schedule_puts_its_input_into_the_queue_as_a_message() {
    let url = ministack().url();
    let stack = parts::new_stack();
    parts::make_troops(&url, &stack).await;
    let input = message(&"nightly".parse().unwrap(), "https://api.example/list?a=1", TIME);
    let schedule = json!({
        "ScheduleExpression": "rate(1 minute)",
        "ScheduleExpressionTimezone": "Europe/Oslo",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": {
            "Arn": format!("arn:aws:sqs:{REGION}:000000000000:{}", stack.queue(&troops())),
            "RoleArn": "arn:aws:iam::000000000000:role/pushes",
            "Input": input,
        },
    });
    let name = format!("{url}/schedules/{}-nightly", stack.name);
    let body = schedule.to_string().into_bytes();
    let made =
        rest::request("scheduler", Method::POST, name, &[("content-type", "application/json")], body).await;
    assert!(made.status().is_success(), "{}", made.status());

    let store = AwsStore::open(&parts::sdk(&url).await, stack, SystemClock::new());
    let mut found = Vec::new();
    // Its ticks come each minute, and some seconds late.
    for _ in 0..8 {
        found = store.receive(&normal(&store), 10, VISIBILITY, Duration::from_secs(20)).await.unwrap();
        if !found.is_empty() {
            break;
        }
    }
    let sent = String::from_utf8(found.pop().expect("a message").body).unwrap();
    assert_eq!(sent, input);
    let task = Envelope::decode(sent.replace(TIME, "2026-11-26T01:00:00Z").as_bytes()).unwrap();
    assert_eq!(task.id.as_str(), "nightly-20261126T010000Z-1");
}
