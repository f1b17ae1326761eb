//! Parts of a stack, made by hand for tests that don't deploy one.

use jobq_adapters::aws::sdk::Sdk;
use jobq_core::stack::Stack;
use jobq_tests::aws::{KEY, REGION, unique};
use reqwest::Method;
use serde_json::json;

use crate::rest;

/// The SDK's settings for a stand-in.
pub(crate) async fn sdk(url: &str) -> Sdk {
    Sdk::load_at(url, REGION, KEY).await.unwrap()
}

/// A stack that no other test has, with nothing in it.
pub(crate) fn new_stack() -> Stack {
    Stack { name: unique("s").parse().unwrap(), ..Stack::default() }
}

/// Makes the ledger's table, as `infra` has it.
pub(crate) async fn make_table(url: &str, stack: &Stack) {
    let table = json!({
        "TableName": stack.ledger(),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    rest::call(url, "DynamoDB_20120810.CreateTable", &table).await;
}

/// Makes the SQS queues of the queue `troops`.
pub(crate) async fn make_troops(url: &str, stack: &Stack) {
    make_queue(url, stack, "troops").await;
}

/// Makes the SQS queues of a queue.
pub(crate) async fn make_queue(url: &str, stack: &Stack, queue: &str) {
    let queue = queue.parse().unwrap();
    for name in stack.lanes(&queue).into_iter().chain([stack.dead_letter_queue(&queue)]) {
        rest::call(url, "AmazonSQS.CreateQueue", &json!({ "QueueName": name })).await;
    }
}

/// Makes a bucket.
pub(crate) async fn make_bucket(url: &str, bucket: &str) {
    let made = rest::request("s3", Method::PUT, format!("{url}/{bucket}"), &[], Vec::new()).await;
    assert!(made.status().is_success(), "{bucket}: {}", made.status());
}
