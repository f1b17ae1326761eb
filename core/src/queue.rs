//! A queue: where tasks of one kind wait, as the configuration states it.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::completion::OnComplete;
use crate::growth::Growth;
use crate::name::{LimitName, QueueName};
use crate::opening::Opening;
use crate::place::Place;
use crate::status::Statuses;

/// One queue's settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// What the configuration calls it.
    pub name: QueueName,
    /// The limit its calls are made under.
    pub limit: LimitName,
    /// Its share of the limit beside the limit's other queues.
    pub weight: NonZeroU32,
    /// A push of more tasks than this goes to bulk, where nobody said a priority; never, where this is `None`.
    pub bulk_above: Option<NonZeroU32>,
    /// How long one call may take, connecting and reading the answer included.
    pub timeout: Duration,
    /// How long a received task stays hidden from other drainers unless extended.
    pub visibility: Duration,
    /// The largest response body that is taken, in bytes after decompression.
    pub max_response: u64,
    /// When a failed task is tried again, and when no more.
    pub retry: Retry,
    /// Which statuses mean something else than they usually do.
    pub answers: Answers,
    /// When it may be drained; always, where this is empty.
    pub schedule: Vec<Opening>,
    /// Where results go, or none to drop them.
    pub results: Option<Place>,
    /// The response headers kept in a result, lower case.
    pub result_headers: Vec<String>,
    /// What its answers make.
    pub growth: Growth,
    /// What is done when a batch that was pushed to it has ended.
    pub on_complete: OnComplete,
}

/// When a failed task is tried again, and when no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How many attempts a task has; throttled and interrupted calls don't count.
    pub max_attempts: NonZeroU32,
    /// The upper bound of the first delay.
    pub min_backoff: Duration,
    /// The upper bound of every delay.
    pub max_backoff: Duration,
    /// How long after its push, or when it could be called first, a task may still be tried, if bounded.
    pub max_age: Option<Duration>,
}

/// Which statuses mean something else than they usually do. One status goes before a class of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// The call ended well.
    pub done: Vec<Statuses>,
    /// The call failed and may be tried again.
    pub retry: Vec<Statuses>,
    /// The call failed for good.
    pub dead: Vec<Statuses>,
}

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The call ended well.
    Done,
    /// The call failed and may be tried again.
    Retry,
    /// The call failed for good.
    Dead,
}

impl Answers {
    /// What `status` means by these settings; `None` where they don't name it.
    pub fn meaning(&self, status: u16) -> Option<Meaning> {
        let lists = [(&self.done, Meaning::Done), (&self.retry, Meaning::Retry), (&self.dead, Meaning::Dead)];
        let named = |wanted: fn(&Statuses) -> bool| {
            let covers = |statuses: &&Statuses| wanted(statuses) && statuses.cover(status);
            lists.iter().find(|(list, _)| list.iter().any(|own| covers(&own))).map(|(_, meaning)| *meaning)
        };
        named(|statuses| matches!(statuses, Statuses::One(_))).or_else(|| named(|_| true))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: NonZeroU32::MIN.saturating_add(4),
            min_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(300),
            max_age: None,
        }
    }
}

impl Queue {
    /// A queue under `limit` with every other setting at its default.
    pub fn new(name: QueueName, limit: LimitName) -> Self {
        Self {
            name,
            limit,
            weight: NonZeroU32::MIN,
            bulk_above: NonZeroU32::new(1_000),
            timeout: Duration::from_secs(30),
            visibility: Duration::from_secs(60),
            max_response: 8 << 20,
            retry: Retry::default(),
            answers: Answers::default(),
            schedule: Vec::new(),
            results: None,
            result_headers: vec!["content-type".to_owned()],
            growth: Growth::default(),
            on_complete: OnComplete::default(),
        }
    }
}
