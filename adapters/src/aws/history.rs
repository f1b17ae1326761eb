//! How queues were used lately, from CloudWatch.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy};
use aws_smithy_types::DateTime;
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::history::{History, Past};
use jobq_core::stack::Stack;
use jobq_core::time::Timestamp;

use super::failure::fault;
use super::sdk::Sdk;

/// The shortest period SQS measures by, in seconds.
const PERIOD: i32 = 60;

/// That period: no question may ask for less.
const MINUTE: Duration = Duration::from_secs(60);

/// What the two answers of a question are called in it.
const SENT: &str = "sent";
const READY: &str = "ready";

/// The past of a stack's queues.
pub struct CloudWatchHistory<C> {
    cloudwatch: Client,
    stack: Stack,
    clock: C,
}

impl<C> CloudWatchHistory<C> {
    /// The past of the queues of `stack`. Asks nothing of AWS yet.
    pub fn new(sdk: &Sdk, stack: Stack, clock: C) -> Self {
        Self { cloudwatch: Client::new(sdk.config()), stack, clock }
    }
}

impl<C: Clock> History for CloudWatchHistory<C> {
    async fn past(&self, queue: &QueueName, length: Duration) -> Result<Vec<Past>, Fault> {
        let now = self.clock.now();
        let name = self.stack.queue(queue);
        let question = self.cloudwatch.get_metric_data().scan_by(ScanBy::TimestampAscending);
        let mut pages = question
            .start_time(instant(now.minus(length.max(MINUTE))))
            .end_time(instant(now))
            .metric_data_queries(query(SENT, "NumberOfMessagesSent", "Sum", &name))
            .metric_data_queries(query(READY, "ApproximateNumberOfMessagesVisible", "Maximum", &name))
            .into_paginator()
            .send();
        let mut minutes = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(format!("read the past of {name}"), error))?;
            page.metric_data_results().iter().for_each(|result| note(&mut minutes, result));
        }
        Ok(minutes.into_values().collect())
    }
}

fn query(id: &str, metric: &str, statistic: &str, queue: &str) -> MetricDataQuery {
    let dimension = Dimension::builder().name("QueueName").value(queue).build();
    let metric = Metric::builder().namespace("AWS/SQS").metric_name(metric).dimensions(dimension).build();
    let stat = MetricStat::builder().metric(metric).period(PERIOD).stat(statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

/// Puts the values of one answer into the minutes they are of. A minute without a value stays without.
fn note(minutes: &mut BTreeMap<Timestamp, Past>, result: &MetricDataResult) {
    for (at, value) in result.timestamps().iter().zip(result.values()) {
        let at = Timestamp::from_secs(u64::try_from(at.secs()).unwrap_or_default());
        let past = minutes.entry(at).or_insert(Past { at, sent: None, ready: None });
        match result.id() {
            Some(SENT) => past.sent = Some(*value),
            Some(READY) => past.ready = Some(*value),
            _ => {}
        }
    }
}

/// In whole minutes, which is how CloudWatch keeps them.
fn instant(at: Timestamp) -> DateTime {
    let seconds = Duration::from_nanos(at.as_nanos()).as_secs() / 60 * 60;
    DateTime::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}
