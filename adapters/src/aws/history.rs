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
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;

use super::failure::fault;
use super::sdk::Sdk;

/// The shortest period SQS measures by, in seconds.
const PERIOD: i32 = 60;

/// That period: no question may ask for less.
const MINUTE: Duration = Duration::from_secs(60);

/// What the answers of a question are called in it, with the numbers of the queue, if there are several, and of the lane.
const SENT: &str = "sent";
const READY: &str = "ready";
const DELETED: &str = "deleted";
const OLDEST: &str = "oldest";

/// How far back the latest minute may lie: a queue that was idle for hours is measured again up to so much later.
const LATEST: Duration = Duration::from_secs(15 * 60);

/// Queues in one request, which takes 500 questions: three for each lane.
const QUEUES: usize = 500 / 3 / Priority::ALL.len();

/// The latest minute that anything was measured of a queue in. Messages, not tasks: one that is tried again is sent and
/// deleted anew, and a delete may be counted twice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastMinute {
    /// The beginning of the minute.
    pub at: Timestamp,
    /// Messages sent in it; `None` where nothing was measured, which isn't zero.
    pub sent: Option<f64>,
    /// Messages deleted in it; `None` where nothing was measured.
    pub deleted: Option<f64>,
    /// How old the oldest message was, at most; `None` where nothing was measured.
    pub oldest: Option<Duration>,
}

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
        let mut question = self.cloudwatch.get_metric_data().scan_by(ScanBy::TimestampAscending);
        for (number, lane) in self.stack.lanes(queue).iter().enumerate() {
            let id = |answer: &str| format!("{answer}_{number}");
            question = question
                .metric_data_queries(query(&id(SENT), "NumberOfMessagesSent", "Sum", lane))
                .metric_data_queries(query(
                    &id(READY),
                    "ApproximateNumberOfMessagesVisible",
                    "Maximum",
                    lane,
                ));
        }
        let mut pages = question
            .start_time(instant(now.minus(length.max(MINUTE))))
            .end_time(instant(now))
            .into_paginator()
            .send();
        let mut minutes = BTreeMap::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(format!("read the past of queue '{queue}'"), error))?;
            page.metric_data_results().iter().for_each(|result| note(&mut minutes, result));
        }
        Ok(minutes.into_values().collect())
    }
}

impl<C: Clock> CloudWatchHistory<C> {
    /// The latest minute of each queue, in the order of `queues`, all with one question; `None` where nothing was measured
    /// for a quarter of an hour. A minute that isn't over yet is none. It is for people alone, so no port has it.
    pub async fn last_minutes(&self, queues: &[QueueName]) -> Result<Vec<Option<LastMinute>>, Fault> {
        let mut latest = Vec::with_capacity(queues.len());
        for queues in queues.chunks(QUEUES) {
            latest.extend(self.latest(queues).await?);
        }
        Ok(latest)
    }

    /// The latest minute of so many queues as one request may ask for.
    async fn latest(&self, queues: &[QueueName]) -> Result<Vec<Option<LastMinute>>, Fault> {
        let now = self.clock.now();
        let mut question = self.cloudwatch.get_metric_data().scan_by(ScanBy::TimestampDescending);
        for (number, queue) in queues.iter().enumerate() {
            for (lane, name) in self.stack.lanes(queue).iter().enumerate() {
                let id = |answer: &str| format!("{answer}_{number}_{lane}");
                question = question
                    .metric_data_queries(query(&id(SENT), "NumberOfMessagesSent", "Sum", name))
                    .metric_data_queries(query(&id(DELETED), "NumberOfMessagesDeleted", "Sum", name))
                    .metric_data_queries(query(
                        &id(OLDEST),
                        "ApproximateAgeOfOldestMessage",
                        "Maximum",
                        name,
                    ));
            }
        }
        let question = question.start_time(instant(now.minus(LATEST))).end_time(instant(now));
        let mut pages = question.into_paginator().send();
        let mut latest = vec![None; queues.len()];
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault("read the last minutes of the queues", error))?;
            page.metric_data_results().iter().for_each(|result| note_latest(&mut latest, result));
        }
        Ok(latest)
    }
}

fn query(id: &str, metric: &str, statistic: &str, queue: &str) -> MetricDataQuery {
    let dimension = Dimension::builder().name("QueueName").value(queue).build();
    let metric = Metric::builder().namespace("AWS/SQS").metric_name(metric).dimensions(dimension).build();
    let stat = MetricStat::builder().metric(metric).period(PERIOD).stat(statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

/// Adds the values of one lane's answer to the minutes they are of. A minute without a value stays without.
fn note(minutes: &mut BTreeMap<Timestamp, Past>, result: &MetricDataResult) {
    let Some((answer, _)) = result.id().and_then(|id| id.split_once('_')) else { return };
    for (at, value) in result.timestamps().iter().zip(result.values()) {
        let at = minute(at);
        let past = minutes.entry(at).or_insert(Past { at, sent: None, ready: None });
        match answer {
            SENT => past.sent = Some(past.sent.unwrap_or_default() + value),
            READY => past.ready = Some(past.ready.unwrap_or_default() + value),
            _ => {}
        }
    }
}

/// Puts the values of one lane's answer into the latest minute of its queue. What is of an earlier one gives way.
fn note_latest(latest: &mut [Option<LastMinute>], result: &MetricDataResult) {
    let mut parts = result.id().unwrap_or_default().split('_');
    let (Some(answer), Some(number)) = (parts.next(), parts.next()) else { return };
    let Some(latest) = number.parse::<usize>().ok().and_then(|number| latest.get_mut(number)) else { return };
    for (at, value) in result.timestamps().iter().zip(result.values()) {
        let at = minute(at);
        if latest.is_none_or(|latest| latest.at < at) {
            *latest = Some(LastMinute { at, sent: None, deleted: None, oldest: None });
        }
        let Some(latest) = latest.as_mut().filter(|latest| latest.at == at) else { continue };
        match answer {
            SENT => latest.sent = Some(latest.sent.unwrap_or_default() + value),
            DELETED => latest.deleted = Some(latest.deleted.unwrap_or_default() + value),
            OLDEST => latest.oldest = latest.oldest.max(Duration::try_from_secs_f64(*value).ok()),
            _ => {}
        }
    }
}

fn minute(at: &DateTime) -> Timestamp {
    Timestamp::from_secs(u64::try_from(at.secs()).unwrap_or_default())
}

/// In whole minutes, which is how CloudWatch keeps them.
fn instant(at: Timestamp) -> DateTime {
    let seconds = Duration::from_nanos(at.as_nanos()).as_secs() / 60 * 60;
    DateTime::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}
