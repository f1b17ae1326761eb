//! The two functions as they are shipped, run by MiniStack: what wakes them, what they answer, when they end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::join_all;
use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::aws::wake::Wake;
use jobq_adapters::clock::SystemClock;
use jobq_core::envelope::Envelope;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::stack::Stack;
use jobq_core::task::{self, Priority, Request, Task};
use jobq_core::trace::TraceContext;
use jobq_tests::aws::{self, REGION};
use jobq_tests::contract::subject::{batch, push, troops};
use reqwest::Method;
use serde_json::{Value, json};

use crate::function::{Function, Recipe, packed};
use crate::parts::{make_bucket, make_table, make_troops, new_stack, sdk};
use crate::rest;
use crate::slow_api::SlowApi;

/// The account that MiniStack's functions are in.
const ACCOUNT: &str = "000000000000";

/// Long enough for everything but what is about the end of this time.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// The batch of all tasks.
const BATCH: &str = "batch";

/// What a rule sends.
const RULE: &str = r#"{"version":"0","id":"53dc4d37","detail-type":"Scheduled Event","source":"aws.events",
    "account":"000000000000","time":"2026-11-21T00:00:00Z","region":"us-east-1",
    "resources":["arn:aws:events:us-east-1:000000000000:rule/jobq-tick"],"detail":{}}"#;

/// Each has a stack of its own, so that none takes what is another's.
#[tokio::test]
async fn a_drainer_drains_whoever_asks_for_it() {
    let rule: Value = serde_json::from_str(RULE).unwrap();
    let events = [
        (Wake::Autoscaler.payload(), "autoscaler"),
        (rule, "clock"),
        (json!({}), "hand"),
        (json!([1, "garbage", null]), "hand"),
        (Value::Null, "hand"),
    ];
    let mut stages = Vec::new();
    for event in events {
        let stage = Stage::new(Duration::ZERO).await;
        stage.push(12).await;
        stages.push((stage, event));
    }
    let drains = stages.iter().map(|(stage, (event, woken_by))| async move {
        let answer = stage.drainer(LONG).await.invoke(event).await;
        assert!(!answer.failed, "{event}: {answer:?}");
        assert_eq!(answer.payload["woken_by"], *woken_by, "{answer:?}");
        assert_eq!(
            (&answer.payload["calls"], &answer.payload["done"]),
            (&json!(12), &json!(12)),
            "{answer:?}"
        );
        assert_eq!(stage.depth().await, QueueDepth::default());
        assert_eq!(stage.api.calls(), 12);
        let objects = stage.objects().await;
        assert!(objects.iter().all(|key| key.starts_with("results/troops/")), "{objects:?}");
        assert!((1..=12).contains(&objects.len()), "{objects:?}");
    });
    join_all(drains).await;
}

/// What was called is settled, and what wasn't is there for the next one at once.
#[tokio::test]
async fn a_drainer_leaves_before_its_deadline() {
    let timeout = Duration::from_secs(14);
    let stage = Stage::new(Duration::from_millis(500)).await;
    stage.push(200).await;
    let drainer = stage.drainer(timeout).await;
    let answer = drainer.invoke(&json!({})).await;
    assert!(!answer.failed, "{answer:?}");
    assert!(answer.took < timeout, "{answer:?}");
    let count = |name: &str| answer.payload[name].as_u64().unwrap();
    assert!((10..150).contains(&count("done")), "{answer:?}");
    assert_eq!((count("calls"), count("stale"), count("retried")), (count("done"), 0, 0), "{answer:?}");
    let depth = stage.depth().await;
    assert_eq!((depth.ready, depth.in_flight), (200 - count("done"), 0), "{answer:?} {depth:?}");
}

/// Lambda may deliver an event twice. Two drainers of one id would each take the other's place in the ledger.
#[tokio::test]
async fn an_event_delivered_twice_makes_two_drainers() {
    let stage = Stage::new(Duration::from_millis(200)).await;
    stage.push(60).await;
    let drainer = stage.drainer(LONG).await;
    drainer.invoke_soon(&Wake::Autoscaler.payload()).await;
    drainer.invoke_soon(&Wake::Autoscaler.payload()).await;
    stage.api.wait_for(60);
    let answer = drainer.invoke(&json!({})).await;
    assert!(!answer.failed, "{answer:?}");
    assert_eq!(stage.depth().await, QueueDepth::default());
    assert_eq!(stage.api.calls(), 60);
}

#[tokio::test]
async fn what_is_wrong_with_a_function_is_its_error() {
    let stage = Stage::new(Duration::ZERO).await;
    let cases = [
        (stage.config(), json!({}), "JOBQ_LIMIT is not set"),
        (stage.config(), json!({ "JOBQ_LIMIT": "zeus" }), "there is no limit 'zeus'"),
        ("[limits.hermes]\nrate = 5".to_owned(), json!({ "JOBQ_LIMIT": "hermes" }), "jobq.toml:2: "),
    ];
    for (config, variables, expected) in cases {
        let drainer = stage.function(&aws::unique("broken"), "drainer", config, variables, LONG).await;
        for _ in 0..2 {
            let answer = drainer.invoke(&json!({})).await;
            assert!(answer.failed, "{answer:?}");
            let error = answer.payload["errorMessage"].as_str().unwrap();
            assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        }
    }
}

/// The ledger's table is missing: that can't be mended by trying again.
#[tokio::test]
async fn a_part_of_the_stack_that_is_missing_is_an_error_that_names_it() {
    let stage = Stage { stack: new_stack(), ..Stage::new(Duration::ZERO).await };
    let drainer = stage.drainer(LONG).await;
    let answer = drainer.invoke(&json!({})).await;
    assert!(answer.failed, "{answer:?}");
    let error = answer.payload["errorMessage"].as_str().unwrap();
    assert!(error.contains(stage.stack.name.as_str()), "{error}");
    assert!(answer.took < Duration::from_secs(20), "{answer:?}");
}

#[tokio::test]
async fn the_autoscaler_starts_a_drainer_for_what_waits_and_says_why() {
    let stage = Stage::new(Duration::from_millis(20)).await;
    let drainer = stage.drainer(LONG).await;
    let autoscaler =
        stage.function(&stage.stack.autoscaler(), "autoscaler", stage.config(), json!({}), LONG).await;
    let nothing = autoscaler.invoke(&serde_json::from_str(RULE).unwrap()).await;
    assert!(!nothing.failed, "{nothing:?}");
    assert_eq!(nothing.payload["hermes"]["start"], 0, "{nothing:?}");
    stage.push(40).await;
    let woken = autoscaler.invoke(&Wake::Push.payload()).await;
    assert!(!woken.failed, "{woken:?}");
    assert_eq!(woken.payload["hermes"]["desired"], 1, "{woken:?}");
    assert_eq!(woken.payload["hermes"]["faults"], json!([]), "{woken:?}");
    stage.api.wait_for(40);
    let line = autoscaler.line("drainers_sized", |line| line["woken_by"] == "push").await;
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Namespace"], "jobq", "{line}");
    assert_eq!((&line["Stack"], &line["Limit"]), (&json!(stage.stack.name.as_str()), &json!("hermes")));
    assert_eq!(line["reading"]["queues"][0]["backlog"]["ready"], 40, "{line}");
    assert_eq!((&line["DrainersDesired"], &line["CoolingSeconds"]), (&json!(1.0), &json!(0.0)), "{line}");
    assert!(line["reason"].as_str().unwrap().contains("40 waiting"), "{line}");
    let ended = drainer.line("drain_ended", |_| true).await;
    assert_eq!((&ended["woken_by"], &ended["done"]), (&json!("autoscaler"), &json!(40)), "{ended}");
}

#[tokio::test]
async fn the_autoscaler_tells_what_it_could_not_do() {
    let stage = Stage::new(Duration::ZERO).await;
    stage.push(1).await;
    let autoscaler =
        stage.function(&stage.stack.autoscaler(), "autoscaler", stage.config(), json!({}), LONG).await;
    let answer = autoscaler.invoke(&json!("garbage")).await;
    let faults = answer.payload["hermes"]["faults"].to_string();
    assert!(faults.contains(&stage.stack.drainer(&"hermes".parse().unwrap())), "{answer:?}");
}

#[test]
fn what_is_uploaded_is_small() {
    for program in ["drainer", "autoscaler"] {
        let zip = packed(&std::fs::read(bootstrap(program)).unwrap(), &[]);
        assert!(zip.len() < 6_000_000, "{program}: {} bytes zipped", zip.len());
    }
}

/// A stack's parts on MiniStack, an API, and the functions as they are shipped.
pub(crate) struct Stage {
    pub(crate) stack: Stack,
    api: SlowApi,
}

impl Stage {
    /// A stage whose API answers after `delay`.
    pub(crate) async fn new(delay: Duration) -> Self {
        let (url, stack) = (aws::ministack().url(), new_stack());
        make_troops(&url, &stack).await;
        make_table(&url, &stack).await;
        make_bucket(&url, &stack.results_bucket(ACCOUNT, REGION)).await;
        Self { stack, api: SlowApi::start(delay) }
    }

    pub(crate) fn config(&self) -> String {
        format!(
            "backend = \"aws\"\n[aws]\nstack = \"{}\"\n[limits.hermes]\nrate = \"100/s\"\nmax_in_flight = 8\n\
             hosts = [\"127.0.0.1\"]\nallow_private = true\n[queues.troops]\nlimit = \"hermes\"\n\
             results = \"results/troops\"\n",
            self.stack.name
        )
    }

    async fn drainer(&self, timeout: Duration) -> Function {
        let name = self.stack.drainer(&"hermes".parse().unwrap());
        self.function(&name, "drainer", self.config(), json!({ "JOBQ_LIMIT": "hermes" }), timeout).await
    }

    pub(crate) async fn function(
        &self,
        name: &str,
        program: &str,
        config: String,
        variables: Value,
        timeout: Duration,
    ) -> Function {
        let recipe = Recipe {
            name: name.to_owned(),
            bootstrap: std::fs::read(bootstrap(program)).unwrap(),
            files: vec![("jobq.toml", config)],
            variables,
            timeout,
        };
        Function::make(&aws::ministack().url(), recipe).await
    }

    async fn store(&self) -> AwsStore<SystemClock> {
        AwsStore::open(&sdk(&aws::ministack().url()).await, self.stack.clone(), SystemClock::new())
    }

    /// Pushes so many calls.
    async fn push(&self, count: usize) {
        self.push_in(None, count).await;
    }

    /// Pushes so many calls that stand there in a trace.
    pub(crate) async fn push_in(&self, trace: Option<TraceContext>, count: usize) {
        let bodies: Vec<String> = (0..count).map(|number| self.body(trace, number)).collect();
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        push(&self.store().await, BATCH, &bodies).await;
    }

    fn body(&self, trace: Option<TraceContext>, number: usize) -> String {
        let (method, url) = (task::Method::Get, self.api.url(number));
        let request = Request { method, url, headers: Vec::new(), body: None };
        let task = Task {
            id: format!("{BATCH}-{number}").parse().unwrap(),
            request,
            priority: Priority::Normal,
            delay: Duration::ZERO,
        };
        let mut envelope = Envelope::new(task, batch(BATCH), SystemClock::new().now());
        envelope.trace = trace;
        String::from_utf8(envelope.seal().body).unwrap()
    }

    pub(crate) async fn depth(&self) -> QueueDepth {
        self.store().await.measure(&troops()).await.unwrap()
    }

    /// The keys of all results.
    async fn objects(&self) -> Vec<String> {
        let bucket = self.stack.results_bucket(ACCOUNT, REGION);
        let url = format!("{}/{bucket}?list-type=2", aws::ministack().url());
        let text = rest::request("s3", Method::GET, url, &[], Vec::new()).await.text().await.unwrap();
        let keys = text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
        keys.collect()
    }
}

/// A bootstrap, beside the program it is shipped with.
fn bootstrap(name: &str) -> PathBuf {
    let jobq = std::env::var_os("JOBQ_BIN").expect("JOBQ_BIN is not set: run the tests with ./test.sh");
    Path::new(&jobq).with_file_name(name)
}
