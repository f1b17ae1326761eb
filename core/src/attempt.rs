//! Attempts: calls actually started, and how each ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// One call actually started, as the task's history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When the call was started.
    #[serde(rename = "at")]
    pub started_at: Timestamp,
    /// How long it took until the whole answer was there, or until it failed, in milliseconds.
    #[serde(rename = "ms")]
    pub latency_ms: u64,
    /// The status of the answer, if one came.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong, if no answer came.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether it counts against `max_attempts`: throttled and interrupted calls don't.
    #[serde(rename = "x", default)]
    pub spent: bool,
}

impl Attempt {
    /// A duration as `latency_ms` keeps it.
    pub fn millis(latency: Duration) -> u64 {
        u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)
    }
}
