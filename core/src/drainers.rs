//! Drainers of a limit: how many there may be, and how much each may do.

use std::num::NonZeroU32;
use std::time::Duration;

/// How a limit's drainers are sized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drainers {
    /// The most there may be at once: on AWS the reserved concurrency they can be given.
    pub max: NonZeroU32,
    /// The most calls one of them keeps in flight, if set; else by the limit's rate.
    pub in_flight: Option<NonZeroU32>,
    /// In what time a backlog is to be drained, where the limit's rate allows it.
    pub target_drain: Duration,
    /// Whether the autoscaler starts them; if not, only the clock and hands do.
    pub autoscale: bool,
}

impl Default for Drainers {
    fn default() -> Self {
        Self {
            max: NonZeroU32::MIN.saturating_add(1),
            in_flight: None,
            target_drain: Duration::from_secs(1_800),
            autoscale: true,
        }
    }
}
