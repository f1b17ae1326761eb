//! Metrics as CloudWatch takes them out of log lines: its embedded metric format.
//!
//! Cheaper than writing metrics by request, and nothing a drainer has to wait for. What isn't named a metric in a line
//! is a field: it can be searched for and costs nothing a month.

use jobq_core::metric_names::{LIMIT_DIMENSION, NAMESPACE, STACK_DIMENSION};
use jobq_core::name::{LimitName, StackName};
use jobq_core::time::Timestamp;
use serde_json::{Map, Value, json};

/// The value of one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// What it is called: one of [`jobq_core::metric_names`].
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// How many. What isn't a number is left out.
    pub value: f64,
}

/// What a metric counts, in CloudWatch's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Things a second.
    CountPerSecond,
    /// Seconds.
    Seconds,
}

/// The line of a limit's metrics at `at`, with fields beside them.
pub fn line(
    at: Timestamp,
    stack: &StackName,
    limit: &LimitName,
    measures: &[Measure],
    fields: Map<String, Value>,
) -> Value {
    let measures = || measures.iter().filter(|measure| measure.value.is_finite());
    let named: Vec<Value> =
        measures().map(|measure| json!({ "Name": measure.name, "Unit": measure.unit.as_str() })).collect();
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
    line.extend(measures().map(|measure| (measure.name.to_owned(), measure.value.into())));
    Value::Object(line)
}

impl Unit {
    fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::CountPerSecond => "Count/Second",
            Self::Seconds => "Seconds",
        }
    }
}
