//! What happens to operations on ports.

use std::time::Duration;

use super::metric::Metric;
use super::telling::{Key, Level, Measure, Measures, Telling, Told, beginning};

/// An operation on a port failed and will be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationFailed {
    /// The fault with its causes, in one line.
    pub error: String,
    /// When it is tried again.
    pub retry_in: Duration,
}

/// An operation that had failed works again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRecovered;

impl Telling for OperationFailed {
    fn name(&self) -> &'static str {
        "operation_failed"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::RetryInSeconds, Told::Seconds(self.retry_in)), (Key::Error, beginning(&self.error))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::OperationsFailed).alone()
    }
}

impl Telling for OperationRecovered {
    fn name(&self) -> &'static str {
        "operation_recovered"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        Vec::new()
    }
}
