//! Packing: a draft becomes a task, an envelope, and a parcel ready to be sent.

use std::time::Duration;

use jobq_core::envelope::Envelope;
use jobq_core::human;
use jobq_core::name::BatchId;
use jobq_core::settlement::Parcel;
use jobq_core::task::Task;
use jobq_core::time::Timestamp;

use crate::draft::{Defaults, Draft};
use crate::problem::Problem;

/// The largest envelope. SQS takes a message of 1 MiB; what is left is for the attempts an envelope gathers
/// and for what a dead letter adds to it.
pub(crate) const LARGEST: usize = (1 << 20) - (64 << 10);

/// What all tasks of a push have in common.
#[derive(Debug, Clone)]
pub(crate) struct Packer {
    pub(crate) batch: BatchId,
    pub(crate) defaults: Defaults,
    pub(crate) pushed_at: Timestamp,
    /// The largest envelope this push may make.
    pub(crate) largest: usize,
    /// The longest delay its queue takes, if it doesn't take any.
    pub(crate) longest_delay: Option<Duration>,
}

impl Packer {
    /// The task of a draft at this line.
    pub(crate) fn task(&self, draft: Draft, line: u64) -> Task {
        draft.into_task(&self.batch, line, self.defaults)
    }

    /// Seals the task of a draft at this line, and says how long it waits before it is visible.
    pub(crate) fn pack(&self, mut draft: Draft, line: u64) -> Result<(Parcel, Duration), Problem> {
        let history = draft.history.take();
        let task = self.task(draft, line);
        let delay = task.delay;
        if let Some(longest) = self.longest_delay.filter(|longest| delay > *longest) {
            return Err(too_long(delay, longest));
        }
        let mut envelope = Envelope::new(task, self.batch.clone(), self.pushed_at);
        if let Some(history) = history {
            history.tell(&mut envelope);
        }
        let parcel = envelope.seal();
        if parcel.body.len() > self.largest {
            return Err(too_large(parcel.body.len(), self.largest));
        }
        Ok((parcel, delay))
    }
}

/// The problem of a task that is to wait for longer than its queue can make it.
fn too_long(delay: Duration, longest: Duration) -> Problem {
    let (delay, longest) = (human::duration(delay), human::duration(longest));
    Problem::new(format!("the delay is {delay}, and this backend takes at most {longest}"))
        .hint("push it later, or give its queue a schedule")
}

/// The problem of a task that is larger than a queue takes.
pub(crate) fn too_large(bytes: usize, allowed: usize) -> Problem {
    Problem::new(format!("the task makes a message of {bytes} bytes, {allowed} are allowed"))
        .hint("put the body elsewhere and send where it is")
}
