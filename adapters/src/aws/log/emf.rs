//! Metrics as CloudWatch takes them out of log lines: its embedded metric format.
//!
//! Cheaper than writing metrics by request, and nothing a drainer has to wait for. What isn't named a metric in a line
//! is a field: it can be searched for and costs nothing a month.

use jobq_core::event::shown::{Shown, Unit};
use jobq_core::metric_names::{LIMIT_DIMENSION, NAMESPACE, STACK_DIMENSION};
use jobq_core::name::{LimitName, StackName};
use jobq_core::time::Timestamp;
use serde_json::{Map, Value, json};

/// The line of a limit's metrics at `at`, with fields beside them.
pub fn line(
    at: Timestamp,
    stack: &StackName,
    limit: &LimitName,
    shown: &[Shown],
    fields: Map<String, Value>,
) -> Value {
    let shown = || shown.iter().filter(|shown| shown.value.is_finite());
    let named: Vec<Value> =
        shown().map(|shown| json!({ "Name": shown.name, "Unit": unit(shown.unit) })).collect();
    let mut line = fields;
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.as_micros() / 1_000,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[STACK_DIMENSION, LIMIT_DIMENSION]],
                "Metrics": named,
            }],
        }),
    );
    line.insert(STACK_DIMENSION.to_owned(), stack.as_str().into());
    line.insert(LIMIT_DIMENSION.to_owned(), limit.as_str().into());
    line.extend(shown().map(|shown| (shown.name.to_owned(), shown.value.into())));
    Value::Object(line)
}

/// CloudWatch's word for what a metric counts.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "Count",
        Unit::CountPerSecond => "Count/Second",
        Unit::Seconds => "Seconds",
    }
}
