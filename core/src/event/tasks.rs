//! What happens to tasks.

use std::time::Duration;

use super::metric::Metric;
use super::telling::{Amount, Key, Level, Measure, Measures, Telling, Told, count};
use crate::death::Reason;
use crate::name::QueueName;

/// Deliveries came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksReceived {
    /// From where.
    pub queue: QueueName,
    /// How many.
    pub count: usize,
}

/// There is nothing to receive now, though the queues hold tasks: delayed ones, or ones other drainers have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksAwaited {
    /// How many.
    pub count: u64,
}

/// A task ended well and its record is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDone {
    /// In this queue.
    pub queue: QueueName,
}

/// A task's answer has made tasks, and they are sent: children, or its next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksGrown {
    /// An answer in this queue.
    pub queue: QueueName,
    /// Where they went.
    pub into: QueueName,
    /// How many.
    pub count: usize,
}

/// A task waits to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRetried {
    /// In this queue.
    pub queue: QueueName,
    /// For how long.
    pub delay: Duration,
    /// Whether an attempt was spent.
    pub spent: bool,
}

/// A task went to the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDied {
    /// Of this queue.
    pub queue: QueueName,
    /// For this reason.
    pub reason: Reason,
}

/// A delivery was handed back without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskReleased {
    /// To this queue.
    pub queue: QueueName,
}

/// A task was never called: its batch was canceled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSkipped {
    /// Of this queue.
    pub queue: QueueName,
}

/// A delivery had expired and was somebody else's when it was to be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementStale {
    /// In this queue.
    pub queue: QueueName,
}

impl Telling for TasksReceived {
    fn name(&self) -> &'static str {
        "tasks_received"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.queue), (Key::Tasks, count(self.count))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::TasksReceived).of(&self.queue).amount(many(self.count)).alone()
    }
}

impl Telling for TasksAwaited {
    fn name(&self) -> &'static str {
        "tasks_awaited"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::Tasks, Told::Count(self.count))]
    }
}

impl Telling for TaskDone {
    fn name(&self) -> &'static str {
        "task_done"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.queue)]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::TasksDone).of(&self.queue).alone()
    }
}

impl Telling for TasksGrown {
    fn name(&self) -> &'static str {
        "tasks_grown"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let into = (Key::Into, Told::Text(self.into.as_str()));
        vec![of(&self.queue), into, (Key::Tasks, count(self.count))]
    }

    /// By the queue whose answers make tasks: the one they go to may be another drainer's.
    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::TasksGrown).of(&self.queue).amount(many(self.count)).alone()
    }
}

impl Telling for TaskRetried {
    fn name(&self) -> &'static str {
        "task_retried"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![
            of(&self.queue),
            (Key::Spent, Told::Flag(self.spent)),
            (Key::DelaySeconds, Told::Seconds(self.delay)),
        ]
    }

    fn counts(&self) -> Measures<'_> {
        let metric = if self.spent { Metric::TasksRetried } else { Metric::TasksPostponed };
        Measure::one(metric).of(&self.queue).alone()
    }
}

impl Telling for TaskDied {
    fn name(&self) -> &'static str {
        "task_died"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.queue), (Key::Reason, Told::Text(self.reason.as_str()))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::TasksDied).of(&self.queue).by(self.reason.as_str()).alone()
    }
}

impl Telling for TaskReleased {
    fn name(&self) -> &'static str {
        "task_released"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.queue)]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::TasksReleased).of(&self.queue).alone()
    }
}

impl Telling for TaskSkipped {
    fn name(&self) -> &'static str {
        "task_skipped"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.queue)]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::TasksSkipped).of(&self.queue).alone()
    }
}

impl Telling for SettlementStale {
    fn name(&self) -> &'static str {
        "settlement_stale"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.queue)]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::SettlementsStale).of(&self.queue).alone()
    }
}

/// So many more.
fn many(number: usize) -> Amount {
    Amount::More(u64::try_from(number).unwrap_or(u64::MAX))
}

/// The queue as a field.
fn of(queue: &QueueName) -> (Key, Told<'_>) {
    (Key::Queue, Told::Text(queue.as_str()))
}
