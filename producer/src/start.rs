//! When a task may first be called.

use std::time::Duration;

use jobq_core::policy::wait;
use jobq_core::time::Timestamp;

/// When a task may first be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// So long after it was sent.
    After(Duration),
    /// At this instant, or at once if that has passed.
    At(Timestamp),
}

impl Start {
    /// For how long to hide it, where nothing can be hidden for longer than `longest`.
    pub(crate) fn delay(self, now: Timestamp, longest: Option<Duration>) -> Duration {
        match self {
            Self::After(delay) => delay,
            Self::At(due) => wait::stretch(due, now, longest),
        }
    }
}
