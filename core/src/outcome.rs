//! Outcomes: what an attempt, or a delivery that led to none, amounts to.

use std::time::Duration;

use crate::death::Reason;

/// What becomes of a task after one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The call ended well.
    Done,
    /// It failed and may be tried again after the delay. An attempt is spent.
    Retry {
        /// How long to wait.
        delay: Duration,
    },
    /// The API said it was called too fast. No attempt is spent; the limit cools for everybody.
    Throttled {
        /// How long this task waits.
        delay: Duration,
    },
    /// No call could be made for a reason that isn't the task's. Nothing is spent.
    Deferred {
        /// How long to wait.
        delay: Duration,
    },
    /// The API sends the caller elsewhere. The next call takes a slot of its own.
    Redirected {
        /// The absolute url.
        to: String,
    },
    /// It failed for good.
    Dead {
        /// Which kind of failure.
        reason: Reason,
        /// One line for people.
        detail: String,
    },
}
