//! Alarms: what somebody should look at. Each says what silence means, for no reading is not the same as zero.

use std::time::Duration;

use jobq_core::config::Config;
use jobq_core::limit::Limit;
use jobq_core::metric_names::{COOLING_SECONDS, LIMIT_DIMENSION, NAMESPACE, STACK_DIMENSION};
use jobq_core::queue::Queue;
use jobq_core::stack::{Stack, TASK_RETENTION};
use serde_json::{Value, json};

use crate::drained;
use crate::logical_id::{self, AUTOSCALER};
use crate::queues;
use crate::resource::Resource;
use crate::template::Template;

/// How many times the time a backlog may take a task may wait before somebody is told.
const LATE: u32 = 2;

/// What no reading means.
#[derive(Debug, Clone, Copy)]
enum Silence {
    /// All is well: an idle queue or function is not measured.
    Well,
    /// Something is wrong: what should be measured runs every minute.
    Wrong,
    /// Nothing new: another alarm tells of it.
    Nothing,
}

/// What is watched.
struct Watch<'a> {
    name: String,
    description: String,
    namespace: &'a str,
    metric: &'a str,
    dimensions: Vec<(&'a str, &'a str)>,
    statistic: &'a str,
    period_secs: u32,
    /// How many periods in a row it must be beyond its bound.
    periods: u32,
    comparison: &'a str,
    threshold: u64,
    silence: Silence,
}

/// Adds all alarms.
pub(crate) fn add(config: &Config, template: &mut Template) {
    let stack = &config.stack;
    for (limit, queues) in drained(config) {
        for queue in queues {
            add_of_queue(stack, limit, queue, template);
        }
        let drainer = logical_id::drainer(&limit.name);
        let function = stack.drainer(&limit.name);
        template.add(format!("Errors{drainer}"), alarm(stack, errors(&function)));
        template.add(format!("Cooled{drainer}"), alarm(stack, cooled(stack, limit)));
    }
    template.add(format!("Errors{AUTOSCALER}"), alarm(stack, errors(&stack.autoscaler())));
    template.add(format!("Silent{AUTOSCALER}"), alarm(stack, silent(&stack.autoscaler())));
}

fn add_of_queue(stack: &Stack, limit: &Limit, queue: &Queue, template: &mut Template) {
    let letters = stack.dead_letter_queue(&queue.name);
    let id = logical_id::letters(&queue.name);
    template.add(format!("Dead{id}"), alarm(stack, dead(&letters)));
    for source in queues::sources(stack, queue) {
        let watch = late(&source.name, patience(limit, queue));
        template.add(format!("Late{}", source.id), alarm(stack, watch));
    }
}

/// How many letters there are, not how old: a letter's age counts from its move, its end from its first sending.
fn dead(letters: &str) -> Watch<'_> {
    Watch {
        name: format!("{letters}-not-empty"),
        description: "Tasks died: jobq dlq ls says why".to_owned(),
        namespace: "AWS/SQS",
        metric: "ApproximateNumberOfMessagesVisible",
        dimensions: vec![("QueueName", letters)],
        statistic: "Maximum",
        period_secs: 60,
        periods: 1,
        comparison: "GreaterThanThreshold",
        threshold: 0,
        silence: Silence::Well,
    }
}

/// Says nothing of poison: what was received thrice no longer counts as the oldest. Dead letters tell of that.
fn late(queue: &str, patience: Duration) -> Watch<'_> {
    Watch {
        name: format!("{queue}-late"),
        description: "Tasks wait for too long: jobq status says what they wait for".to_owned(),
        namespace: "AWS/SQS",
        metric: "ApproximateAgeOfOldestMessage",
        dimensions: vec![("QueueName", queue)],
        statistic: "Maximum",
        period_secs: 300,
        periods: 3,
        comparison: "GreaterThanThreshold",
        threshold: patience.as_secs(),
        silence: Silence::Well,
    }
}

fn errors(function: &str) -> Watch<'_> {
    Watch {
        name: format!("{function}-errors"),
        description: "The function failed, ran out of time or out of memory: its log says where".to_owned(),
        namespace: "AWS/Lambda",
        metric: "Errors",
        dimensions: vec![("FunctionName", function)],
        statistic: "Sum",
        period_secs: 300,
        periods: 1,
        comparison: "GreaterThanThreshold",
        threshold: 0,
        silence: Silence::Well,
    }
}

fn silent(autoscaler: &str) -> Watch<'_> {
    Watch {
        name: format!("{autoscaler}-silent"),
        description: "Nobody has looked after the drainers for ten minutes".to_owned(),
        namespace: "AWS/Lambda",
        metric: "Invocations",
        dimensions: vec![("FunctionName", autoscaler)],
        statistic: "Sum",
        period_secs: 300,
        periods: 2,
        comparison: "LessThanThreshold",
        threshold: 1,
        silence: Silence::Wrong,
    }
}

/// Cooling is normal for a minute; a quarter of an hour without a break means that the limit is set too high, or
/// that somebody else uses the same account of the API.
fn cooled<'a>(stack: &'a Stack, limit: &'a Limit) -> Watch<'a> {
    Watch {
        name: format!("{}-cooled", stack.drainer(&limit.name)),
        description: "The API has said for 15 minutes that it is called too fast: jobq limit show".to_owned(),
        namespace: NAMESPACE,
        metric: COOLING_SECONDS,
        dimensions: vec![(STACK_DIMENSION, stack.name.as_str()), (LIMIT_DIMENSION, limit.name.as_str())],
        statistic: "Minimum",
        period_secs: 60,
        periods: 15,
        comparison: "GreaterThanThreshold",
        threshold: 0,
        silence: Silence::Nothing,
    }
}

/// How long a task may wait. A queue that isn't always open keeps tasks on purpose, so there, and at most, it is half
/// of the time after which SQS drops them.
fn patience(limit: &Limit, queue: &Queue) -> Duration {
    let most = TASK_RETENTION / 2;
    if queue.schedule.is_empty() { limit.drainers.target_drain.saturating_mul(LATE).min(most) } else { most }
}

fn alarm(stack: &Stack, watch: Watch) -> Resource {
    let dimensions: Vec<Value> =
        watch.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    let silence = match watch.silence {
        Silence::Well => "notBreaching",
        Silence::Wrong => "breaching",
        Silence::Nothing => "ignore",
    };
    let mut properties = json!({
        "AlarmName": watch.name,
        "AlarmDescription": watch.description,
        "Namespace": watch.namespace,
        "MetricName": watch.metric,
        "Dimensions": dimensions,
        "Statistic": watch.statistic,
        "Period": watch.period_secs,
        "EvaluationPeriods": watch.periods,
        "ComparisonOperator": watch.comparison,
        "Threshold": watch.threshold,
        "TreatMissingData": silence,
    });
    if let Some(topic) = &stack.alarm_topic {
        properties["AlarmActions"] = json!([topic]);
        properties["OKActions"] = json!([topic]);
    }
    Resource::tagged("AWS::CloudWatch::Alarm", stack, properties)
}
