//! A stack of its own in MiniStack, and what is told of its batches' ends.

use jobq_core::stack::Stack;
use jobq_tests::aws::ministack;
use jobq_tests::aws::proxy::Proxy;
use serde_json::{Value, json};

use crate::parts;
use crate::queue::{Store, store_of};
use crate::rest;

/// The account that MiniStack has.
const ACCOUNT: &str = "000000000000";

/// A stack of its own in MiniStack, behind a proxy, and a queue that is told of its batches' ends.
pub(crate) struct Stage {
    pub(crate) stack: Stack,
    pub(crate) proxy: Proxy,
    /// The address of that queue.
    told: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let (url, stack) = (ministack().url(), parts::new_stack());
        parts::make_table(&url, &stack).await;
        parts::make_troops(&url, &stack).await;
        let name = format!("{}-told", stack.name);
        let made = rest::call(&url, "AmazonSQS.CreateQueue", &json!({ "QueueName": name })).await;
        let pattern = json!({ "source": ["jobq"], "detail": { "stack": [stack.name.as_str()] } });
        let rule = json!({ "Name": name, "EventPattern": pattern.to_string() });
        rest::call(&url, "AWSEvents.PutRule", &rule).await;
        let arn = format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", jobq_tests::aws::REGION);
        let targets = json!({ "Rule": name, "Targets": [{ "Id": "queue", "Arn": arn }] });
        rest::call(&url, "AWSEvents.PutTargets", &targets).await;
        let proxy = Proxy::start();
        proxy.lead_to(&url);
        Self { stack, proxy, told: made["QueueUrl"].as_str().unwrap().to_owned() }
    }

    /// A handle of its own, as another process would have.
    pub(crate) async fn store(&self) -> Store {
        store_of(self.proxy.url(), &self.stack).await
    }

    /// Takes the events there are: the batch has ended for these times, and nothing else is told.
    pub(crate) async fn tells(&self, times: &[u64]) -> Vec<Value> {
        let mut told = Vec::new();
        // A long poll is answered as soon as there is one; a few of them in vain, and it won't come.
        for _ in 0..4 {
            if told.len() < times.len() {
                told.extend(self.events(5).await);
            }
        }
        told.extend(self.events(1).await);
        let found: Vec<u64> = told.iter().map(|event| event["detail"]["times"].as_u64().unwrap()).collect();
        assert_eq!(found, times);
        told
    }

    pub(crate) async fn is_quiet(&self) {
        assert_eq!(self.events(1).await, Vec::<Value>::new());
    }

    async fn events(&self, wait: u64) -> Vec<Value> {
        let url = ministack().url();
        let ask = json!({ "QueueUrl": self.told, "MaxNumberOfMessages": 10, "WaitTimeSeconds": wait });
        let got = rest::call(&url, "AmazonSQS.ReceiveMessage", &ask).await;
        let messages = got["Messages"].as_array().cloned().unwrap_or_default();
        let mut events = Vec::new();
        for message in messages {
            let delete = json!({ "QueueUrl": self.told, "ReceiptHandle": message["ReceiptHandle"] });
            rest::call(&url, "AmazonSQS.DeleteMessage", &delete).await;
            events.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
        }
        events
    }
}
