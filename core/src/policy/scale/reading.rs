//! What is known of a limit at an instant.

use crate::name::QueueName;
use crate::policy::schedule::Openness;
use crate::time::Timestamp;

/// What is known of a limit and its queues at an instant, beside the limit's document.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// All queues of the limit.
    pub queues: Vec<QueueReading>,
    /// Tasks sent a second, over the open queues together; `None` where that isn't known, which isn't zero.
    pub arrivals: Option<f64>,
    /// The cap on how many drainers may run at once.
    pub cap: Cap,
}

/// What is known of a queue at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueReading {
    /// Which queue.
    pub queue: QueueName,
    /// Whether it may be drained.
    pub openness: Openness,
    /// What it holds; `None` where that isn't known, which isn't nothing.
    pub backlog: Option<Backlog>,
}

/// How many tasks a queue holds, by what they wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// May be received now.
    pub ready: u64,
    /// Received and not settled yet.
    pub in_flight: u64,
    /// Hidden until their delay ends.
    pub delayed: u64,
}

/// The cap on how many drainers may run at once, as it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// It isn't known.
    Unknown,
    /// There is none.
    Unset,
    /// This many.
    At(u32),
}

impl QueueReading {
    /// Whether its tasks may be received.
    pub fn is_open(&self) -> bool {
        !matches!(self.openness, Openness::Closed { .. })
    }
}

impl Reading {
    /// What the open queues hold together, as far as it is known. The tasks of closed ones may wait.
    pub fn backlog(&self) -> Backlog {
        let known = self.open().filter_map(|queue| queue.backlog);
        known.fold(Backlog::default(), |sum, one| Backlog {
            ready: sum.ready.saturating_add(one.ready),
            in_flight: sum.in_flight.saturating_add(one.in_flight),
            delayed: sum.delayed.saturating_add(one.delayed),
        })
    }

    /// The open queues of which nothing is known.
    pub fn unmeasured(&self) -> impl Iterator<Item = &QueueName> {
        self.open().filter(|queue| queue.backlog.is_none()).map(|queue| &queue.queue)
    }

    fn open(&self) -> impl Iterator<Item = &QueueReading> {
        self.queues.iter().filter(|queue| queue.is_open())
    }
}
