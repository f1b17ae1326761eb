//! Where a sink writes, a way to see what lies there, and the records of the cases.

use std::future::Future;
use std::time::Duration;

use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use jobq_core::task::Method;
use jobq_core::time::Timestamp;
use serde_json::Value;

/// A fresh, empty place for the results of the queue `troops`, and a way to see what lies there.
pub trait Results {
    /// What writes there.
    type Sink: ResultSink;

    /// A sink that shares nothing with others but what is stored.
    fn open(&self) -> Self::Sink;

    /// All lines that are there, in the order of writing where there was one.
    fn lines(&self) -> impl Future<Output = Vec<String>>;
}

/// A record of the queue `troops`.
pub fn record(task: &str, body: &[u8]) -> Record {
    Record {
        task: task.parse().unwrap(),
        queue: "troops".parse().unwrap(),
        batch: "b1".parse().unwrap(),
        url: "https://api.example/troops/1".into(),
        method: Method::Get,
        status: 200,
        attempt: 1,
        started_at: Timestamp::from_micros(1_795_269_787_000_123),
        latency: Duration::from_millis(12),
        headers: vec![("etag".to_owned(), "\"x\"".to_owned())],
        body: body.to_vec(),
        earlier: Vec::new(),
    }
}

/// The records that are there, as JSON. Every line must be one.
pub async fn records<R: Results>(results: &R) -> Vec<Value> {
    results.lines().await.iter().map(|line| serde_json::from_str(line).expect("a whole line")).collect()
}

/// The tasks whose records are there.
pub async fn tasks<R: Results>(results: &R) -> Vec<String> {
    records(results).await.iter().map(|record| record["task"].as_str().unwrap().to_owned()).collect()
}
