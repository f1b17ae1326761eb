//! A deployed stack: MiniStack behind a proxy, a folder with a jobq.toml, and the program's way to both.

use std::process::Command;
use std::time::{Duration, Instant};

use jobq_tests::aws::plain_http::{self, signature};
use jobq_tests::aws::proxy::Proxy;
use jobq_tests::aws::{MiniStack, REGION, variables};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq};
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// The account that MiniStack has.
const ACCOUNT: &str = "000000000000";

/// A deployed stack and the folder it was deployed from.
pub(crate) struct Stage {
    pub(crate) ministack: MiniStack,
    pub(crate) proxy: Proxy,
    pub(crate) folder: Folder,
    client: Client,
}

impl Stage {
    /// Deploys `config` to an empty account.
    pub(crate) fn deploy(config: &str) -> Self {
        let proxy = Proxy::start();
        let ministack = MiniStack::start_behind(proxy.url());
        proxy.lead_to(&ministack.url());
        let client = plain_http::blocking();
        let stage = Self { ministack, proxy, folder: Folder::new(), client };
        let config =
            format!("backend = \"aws\"\n[aws]\nstack = \"jobq\"\narchitecture = \"x86_64\"\n{config}");
        stage.folder.file("jobq.toml", config);
        stage.run("deploy --yes").with_code(0);
        stage
    }

    /// The program, with what it needs to find this AWS and no other.
    pub(crate) fn jobq(&self, line: &str) -> Command {
        let mut command = jobq(self.folder.path(), line.split(' '));
        command.envs(variables(self.proxy.url()));
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, line: &str) -> Ended {
        Ended::from(self.jobq(line).output().unwrap())
    }

    /// Pushes `urls`, one a line.
    pub(crate) fn push(&self, queue: &str, urls: &str) {
        let file = format!("{queue}.txt");
        self.folder.file(&file, urls);
        self.run(&format!("push {queue} {file} --again")).with_code(0);
    }

    /// What `status` says.
    pub(crate) fn status(&self) -> Value {
        self.run("status --json").with_code(0).json()
    }

    /// The tasks in all queues, dead ones apart.
    pub(crate) fn waiting(&self) -> u64 {
        let status = self.status();
        let queues = status["queues"].as_array().unwrap();
        let count =
            |queue: &Value| ["ready", "in_flight", "delayed"].map(|kind| queue[kind].as_u64().unwrap());
        queues.iter().flat_map(count).sum()
    }

    /// The drainers that hold something of the limit.
    pub(crate) fn drainers(&self) -> usize {
        self.status()["limits"][0]["drainers"].as_array().unwrap().len()
    }

    /// Waits until the queues are empty, having the autoscaler look every `tick` as its rule does each minute.
    pub(crate) fn drain(&self, most: Duration, tick: Option<Duration>) {
        let begun = Instant::now();
        let mut ticked = begun;
        while self.waiting() > 0 {
            assert!(begun.elapsed() < most, "not drained in time: {:#}", self.status());
            if tick.is_some_and(|tick| ticked.elapsed() >= tick) {
                ticked = Instant::now();
                self.tick();
            }
            std::thread::park_timeout(Duration::from_millis(500));
        }
    }

    /// Has the autoscaler look once, and answers what it says.
    pub(crate) fn tick(&self) -> Value {
        self.invoke("jobq-autoscaler", &json!({}))
    }

    /// Invokes a function and waits for its answer.
    pub(crate) fn invoke(&self, function: &str, payload: &Value) -> Value {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.ministack.url());
        let answer =
            self.client.post(url).header("authorization", signature("lambda")).body(payload.to_string());
        serde_json::from_str(&answer.send().unwrap().text().unwrap()).unwrap_or(Value::Null)
    }

    /// The messages in all lanes of a queue, asked past the proxy, so that the question isn't counted.
    pub(crate) fn depth(&self, queue: &str) -> u64 {
        ["", "-high", "-bulk"].iter().map(|lane| self.messages(&format!("{queue}{lane}"))).sum()
    }

    /// The messages in an SQS queue.
    fn messages(&self, queue: &str) -> u64 {
        let address = format!("{}/{ACCOUNT}/jobq-{queue}", self.ministack.url());
        let question = json!({ "QueueUrl": address, "AttributeNames": ["All"] });
        let attributes = self.call("sqs", "AmazonSQS.GetQueueAttributes", &question)["Attributes"].clone();
        let counts = ["", "NotVisible", "Delayed"].map(|kind| format!("ApproximateNumberOfMessages{kind}"));
        counts.iter().map(|name| attributes[name].as_str().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// Has the ends of batches told to an SQS queue, and answers with its address.
    pub(crate) fn listen(&self) -> String {
        let name = "listening";
        let made = self.call("sqs", "AmazonSQS.CreateQueue", &json!({ "QueueName": name }));
        let pattern = json!({ "source": ["jobq"] });
        let rule = json!({ "Name": name, "EventPattern": pattern.to_string() });
        self.call("events", "AWSEvents.PutRule", &rule);
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}");
        let targets = json!({ "Rule": name, "Targets": [{ "Id": "queue", "Arn": arn }] });
        self.call("events", "AWSEvents.PutTargets", &targets);
        made["QueueUrl"].as_str().unwrap().to_owned()
    }

    /// Takes what was told to the queue at this address: the details of events.
    pub(crate) fn told(&self, address: &str) -> Vec<Value> {
        let ask = json!({ "QueueUrl": address, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1 });
        let got = self.call("sqs", "AmazonSQS.ReceiveMessage", &ask);
        let messages = got["Messages"].as_array().cloned().unwrap_or_default();
        let take = |message: Value| {
            let delete = json!({ "QueueUrl": address, "ReceiptHandle": message["ReceiptHandle"] });
            self.call("sqs", "AmazonSQS.DeleteMessage", &delete);
            let event: Value = serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            event["detail"].clone()
        };
        messages.into_iter().map(take).collect()
    }

    /// Asks AWS past the proxy.
    fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let request = self.client.post(self.ministack.url()).header("x-amz-target", target);
        let request = request.header("authorization", signature(service)).body(body.to_string());
        let answer = request.header("content-type", "application/x-amz-json-1.0").send().unwrap();
        answer.json().unwrap_or(Value::Null)
    }

    /// The reserved concurrency of a function, if it has any.
    pub(crate) fn concurrency(&self, function: &str) -> Option<u64> {
        let url = format!("{}/2019-09-30/functions/{function}/concurrency", self.ministack.url());
        let answer = self.client.get(url).header("authorization", signature("lambda")).send().unwrap();
        answer.json::<Value>().unwrap()["ReservedConcurrentExecutions"].as_u64()
    }

    /// Every result in the stack's bucket, one JSON value a record.
    pub(crate) fn results(&self) -> Vec<Value> {
        let bucket = format!("{}/jobq-results-{ACCOUNT}-{REGION}", self.ministack.url());
        let get = |path: &str| {
            let request = self.client.get(format!("{bucket}{path}")).header("authorization", signature("s3"));
            request.send().unwrap().bytes().unwrap()
        };
        let mut records = Vec::new();
        let mut after = String::new();
        loop {
            let page = String::from_utf8(get(&format!("?list-type=2&start-after={after}")).to_vec()).unwrap();
            let keys: Vec<&str> =
                page.split("<Key>").skip(1).map(|rest| rest.split_once('<').unwrap().0).collect();
            for key in &keys {
                let mut text = String::new();
                let object = get(&format!("/{key}"));
                let mut reader = flate2::read::MultiGzDecoder::new(object.as_ref());
                std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
                records.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
            }
            let Some(last) = keys.last() else {
                return records;
            };
            (*last).clone_into(&mut after);
        }
    }
}
