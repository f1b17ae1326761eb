//! The stand-in for AWS, and the parts of a stack made in it by hand.

use anyhow::{Context as _, Result, ensure};
use jobq_tests::aws::plain_http::{blocking, signature};
use jobq_tests::aws::{MiniStack, variables};
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// A stand-in that only this benchmark uses.
pub(crate) struct Cloud {
    ministack: MiniStack,
    http: Client,
}

impl Cloud {
    /// Starts it; it ends with this value.
    pub(crate) fn start() -> Self {
        Self { ministack: MiniStack::start(), http: blocking() }
    }

    /// The environment of a process that is to take it for AWS.
    pub(crate) fn variables(&self) -> [(&'static str, String); 5] {
        variables(&self.ministack.url())
    }

    /// Makes an SQS queue; answers with its url.
    pub(crate) fn make_queue(&self, name: &str) -> Result<String> {
        let made = self.sqs("CreateQueue", &json!({ "QueueName": name }))?;
        Ok(made["QueueUrl"].as_str().context("a queue without a url")?.to_owned())
    }

    /// Makes the table of a ledger, as `infra` has it.
    pub(crate) fn make_table(&self, name: &str) -> Result<()> {
        let table = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        });
        self.call("dynamodb", "DynamoDB_20120810.CreateTable", &table).map(drop)
    }

    /// Makes a bucket.
    pub(crate) fn make_bucket(&self, name: &str) -> Result<()> {
        let request = self.http.put(format!("{}/{name}", self.ministack.url()));
        request.header("authorization", signature("s3")).send()?.error_for_status()?;
        Ok(())
    }

    /// How many messages a queue holds, hidden ones too.
    pub(crate) fn count(&self, queue: &str) -> Result<u64> {
        const COUNTS: [&str; 2] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let told = self.sqs("GetQueueAttributes", &json!({ "QueueUrl": queue, "AttributeNames": COUNTS }))?;
        let mut sum = 0;
        for name in COUNTS {
            let count = told["Attributes"][name].as_str().context("a queue without counts")?;
            sum += count.parse::<u64>()?;
        }
        Ok(sum)
    }

    /// Empties a queue; answers with what was in it.
    pub(crate) fn take_all(&self, queue: &str) -> Result<Vec<String>> {
        let mut bodies = Vec::new();
        loop {
            let received =
                self.sqs("ReceiveMessage", &json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 }))?;
            let Some(messages) = received["Messages"].as_array().filter(|messages| !messages.is_empty())
            else {
                return Ok(bodies);
            };
            let entry = |(at, message): (usize, &Value)| json!({ "Id": at.to_string(), "ReceiptHandle": message["ReceiptHandle"] });
            let entries: Vec<Value> = messages.iter().enumerate().map(entry).collect();
            self.sqs("DeleteMessageBatch", &json!({ "QueueUrl": queue, "Entries": entries }))?;
            for message in messages {
                bodies.push(message["Body"].as_str().context("a message without a body")?.to_owned());
            }
        }
    }

    /// Drops what a queue holds.
    pub(crate) fn purge(&self, queue: &str) -> Result<()> {
        self.sqs("PurgeQueue", &json!({ "QueueUrl": queue })).map(drop)
    }

    fn sqs(&self, action: &str, body: &Value) -> Result<Value> {
        self.call("sqs", &format!("AmazonSQS.{action}"), body)
    }

    fn call(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(self.ministack.url()).header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        let answer = request.header("authorization", signature(service)).send()?;
        let (status, text) = (answer.status(), answer.text()?);
        ensure!(status.is_success(), "{target}: {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}
