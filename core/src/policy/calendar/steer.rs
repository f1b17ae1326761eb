//! Steering by hand: a pace for a while, pause and resume. Drainers obey at their next lease.

use std::time::Duration;

use super::state::{Canceled, Change, LimitState, Override, Pause, QueuePause};
use crate::human;
use crate::name::{BatchId, QueueName};
use crate::rate::Pace;
use crate::time::Timestamp;

/// How many changes by hand the document remembers.
const KEPT_CHANGES: usize = 20;

/// For how long a canceled batch is remembered: SQS keeps a message for 14 days, and each retry is a new one; after twice
/// that nothing of it waits any more.
const REMEMBERED: Duration = Duration::from_secs(28 * 24 * 60 * 60);

/// How many canceled batches the document remembers, about 16 KiB of them.
const KEPT_CANCELED: usize = 256;

/// Who changes something, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Why, if it was said.
    pub why: Option<String>,
}

/// A change by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Steer {
    /// Use this pace instead of the configured one, until an instant if one is given.
    Set(Pace, Option<Timestamp>),
    /// Go back to the configured pace, and forget what a cool-down left; phases begin again.
    Reset,
    /// Start no call, until an instant if one is given.
    Pause(Option<Timestamp>),
    /// Start calls again.
    Resume,
    /// Start no call of a queue, until an instant if one is given.
    PauseQueue(QueueName, Option<Timestamp>),
    /// Start calls of a queue again.
    ResumeQueue(QueueName),
    /// Start no more calls of a batch, for good.
    CancelBatch(BatchId),
}

/// The document after a change by hand, with the change noted in it.
pub fn steer(state: &LimitState, steer: Steer, by: By) -> LimitState {
    let mut next = state.clone();
    match &steer {
        Steer::Set(pace, until) => {
            next.live_override = Some(Override { pace: pace.to_string(), until: *until });
        }
        Steer::Reset => {
            next.live_override = None;
            next.cool_down = None;
            next.phases_from = None;
        }
        Steer::Pause(until) => next.pause = Some(Pause { until: *until }),
        Steer::Resume => next.pause = None,
        Steer::PauseQueue(queue, until) => {
            next.paused_queues.retain(|pause| pause.queue != queue.as_str());
            next.paused_queues.push(QueuePause { queue: queue.to_string(), until: *until });
        }
        Steer::ResumeQueue(queue) => next.paused_queues.retain(|pause| pause.queue != queue.as_str()),
        Steer::CancelBatch(batch) => {
            next.canceled.retain(|own| own.batch != batch.as_str() && by.at.since(own.at) < REMEMBERED);
            let surplus = (next.canceled.len() + 1).saturating_sub(KEPT_CANCELED);
            next.canceled.drain(..surplus);
            next.canceled.push(Canceled { batch: batch.to_string(), at: by.at });
        }
    }
    // What has ended by itself needs no place any more.
    next.paused_queues.retain(|pause| pause.until.is_none_or(|until| by.at < until));
    next.changes.push(change(&steer, by));
    let surplus = next.changes.len().saturating_sub(KEPT_CHANGES);
    next.changes.drain(..surplus);
    next
}

/// The note of a change by hand that [`steer`] leaves.
pub fn change(steer: &Steer, by: By) -> Change {
    Change { at: by.at, who: by.who, what: words(steer, by.at), why: by.why }
}

fn words(steer: &Steer, now: Timestamp) -> String {
    let within = |until: &Option<Timestamp>| {
        until.map_or_else(String::new, |until| format!(" for {}", human::roughly(until.since(now))))
    };
    match steer {
        Steer::Set(pace, until) => format!("set {pace}{}", within(until)),
        Steer::Reset => "reset".to_owned(),
        Steer::Pause(until) => format!("pause{}", within(until)),
        Steer::Resume => "resume".to_owned(),
        Steer::PauseQueue(queue, until) => format!("pause queue {queue}{}", within(until)),
        Steer::ResumeQueue(queue) => format!("resume queue {queue}"),
        Steer::CancelBatch(batch) => format!("cancel batch {batch}"),
    }
}
