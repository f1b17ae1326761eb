//! What is said to a stand-in beside what is tested, without an SDK: one request, one answer.

use reqwest::{Method, Response};
use serde_json::Value;

use jobq_tests::aws::plain_http::{client, signature};

/// A call of one of the services that take JSON, like `AmazonSQS.CreateQueue`.
///
/// # Panics
/// If it is refused.
pub(crate) async fn call(url: &str, target: &str, body: &Value) -> Value {
    let service = target.split_once('.').unwrap().0;
    let request = client().post(url).header("x-amz-target", target).body(body.to_string());
    let signed = request.header("authorization", signature(service_of(service)));
    let response = signed.header("content-type", "application/x-amz-json-1.0").send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{target}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// A request to one of the services whose paths are their operations.
pub(crate) async fn request(
    service: &str,
    method: Method,
    url: String,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Response {
    let request = client().request(method, url).header("authorization", signature(service)).body(body);
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

fn service_of(target: &str) -> &str {
    match target {
        "AmazonSQS" => "sqs",
        "AmazonSSM" => "ssm",
        "DynamoDB_20120810" => "dynamodb",
        "AWSEvents" => "events",
        "Logs_20140328" => "logs",
        other => other,
    }
}
