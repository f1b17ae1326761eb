//! Tells how queues were used lately.

use std::future::Future;
use std::time::Duration;

use crate::fault::Fault;
use crate::name::QueueName;
use crate::time::Timestamp;

/// One reading of a queue's past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Past {
    /// The beginning of the minute it is of.
    pub at: Timestamp,
    /// Tasks sent in that minute; `None` where nothing was measured, which isn't zero.
    pub sent: Option<f64>,
    /// Tasks that waited, at most; `None` where nothing was measured.
    pub ready: Option<f64>,
}

/// Tells how queues were used lately. It lags behind by minutes: for looking back, never for a count of now.
pub trait History: Send + Sync {
    /// The readings of the last `length`, a minute each, oldest first. Minutes without any are left out.
    fn past(
        &self,
        queue: &QueueName,
        length: Duration,
    ) -> impl Future<Output = Result<Vec<Past>, Fault>> + Send;
}
