//! What a drainer is to do.

use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::name::DrainerId;
use jobq_core::policy::calendar::alone::Alone;
use jobq_core::policy::permits;
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;

use crate::manner::Manner;

/// What a drainer is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which drainer this is. No two at work may share an id.
    pub drainer: DrainerId,
    /// The limit to stay within.
    pub limit: Limit,
    /// The queues to serve; all of this limit.
    pub queues: Vec<Queue>,
    /// How many calls this drainer may have under way at once.
    pub permits: usize,
    /// When to end by itself.
    pub until: Until,
    /// No call starts that couldn't end before this instant; see [`crate::manner::Margin`].
    pub deadline: Option<Timestamp>,
    /// How long calls under way may go on after a stop.
    pub grace: Duration,
    /// How to treat the backend.
    pub manner: Manner,
    /// The share of the limit it goes on with while the ledger doesn't answer; without one it waits.
    pub alone: Option<Alone>,
}

/// When a drainer ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Not before it is told to.
    Stopped,
    /// When its queues hold no task: none ready, none delayed, none in flight anywhere. A closed queue is not waited
    /// for.
    Empty,
    /// When it has received, called and settled nothing for this long, whatever the queues hold: somebody else sees
    /// to it that a drainer is started again. At once when all its queues are closed.
    Idle(Duration),
}

impl Plan {
    /// A drainer of `limit` that serves `queues` of a local store until it is stopped.
    pub fn new(drainer: DrainerId, limit: Limit, queues: Vec<Queue>) -> Self {
        Self {
            drainer,
            permits: usize::try_from(permits::per_process(&limit).get()).unwrap_or(usize::MAX),
            until: Until::Stopped,
            deadline: None,
            grace: queues.iter().map(|queue| queue.timeout).max().unwrap_or_default(),
            manner: Manner::local(),
            alone: None,
            limit,
            queues,
        }
    }

    /// The same drainer, one of those that are held to the limit's `drainers.max` from outside: it goes on alone while
    /// the ledger doesn't answer, if the limit can be shared so. No other drainer may.
    pub fn capped(self) -> Self {
        Self { alone: Alone::share(&self.limit), ..self }
    }

    /// The same drainer over SQS.
    pub fn over_sqs(self) -> Self {
        let visibility = self.queues.iter().map(|queue| queue.visibility).min().unwrap_or_default();
        Self { manner: Manner::over_sqs(visibility), ..self }
    }
}
