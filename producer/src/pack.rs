//! Packing: a draft becomes a task, an envelope, and a parcel ready to be sent.

use std::time::Duration;

use jobq_core::envelope::Envelope;
use jobq_core::likeness::Likeness;
use jobq_core::name::BatchId;
use jobq_core::settlement::Parcel;
use jobq_core::task::{Task, TaskId};
use jobq_core::time::Timestamp;
use jobq_core::written::problem::Problem;

use crate::dedupe::Sameness;
use crate::draft::{Defaults, Draft};
use crate::start::Start;
use crate::traced::Tracing;

/// A task ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    pub(crate) parcel: Parcel,
    /// When it may be called first.
    pub(crate) start: Start,
    /// The line it was read at.
    pub(crate) line: u64,
    /// What it is recognised by, where that is asked for.
    pub(crate) likeness: Option<Likeness>,
}

/// What all tasks of a push have in common.
#[derive(Debug, Clone)]
pub(crate) struct Packer {
    pub(crate) batch: BatchId,
    pub(crate) defaults: Defaults,
    pub(crate) pushed_at: Timestamp,
    /// The largest envelope this push may make.
    pub(crate) largest: usize,
    /// The longest delay its backend can make in one go, if not any.
    pub(crate) longest_delay: Option<Duration>,
    /// How its tasks are traced, if they are.
    pub(crate) tracing: Option<Tracing>,
    /// What its tasks are recognised by, if they are.
    pub(crate) sameness: Option<Sameness>,
}

impl Packer {
    /// The task of a draft at this line.
    pub(crate) fn task(&self, draft: Draft, line: u64) -> Task {
        draft.into_task(&self.batch, line, self.defaults)
    }

    /// Seals the task of a draft at this line, and says when it may be called first.
    pub(crate) fn pack(&self, mut draft: Draft, line: u64) -> Result<Packed, Problem> {
        let history = draft.history.take();
        let (start, due) = self.start(&draft);
        let task = self.task(draft, line);
        let likeness = self.sameness.map(|sameness| sameness.of(&task, &self.batch, line));
        let seat = TaskId::of_line(&self.batch, line);
        let mut envelope = Envelope::new(task, self.batch.clone(), self.pushed_at).seated(seat);
        envelope.due = due;
        envelope.trace = self.tracing.as_ref().map(|tracing| tracing.context(line));
        if let Some(history) = history {
            history.tell(&mut envelope);
        }
        let parcel = envelope.seal();
        if parcel.body.len() > self.largest {
            return Err(too_large(parcel.body.len(), self.largest));
        }
        Ok(Packed { parcel, start, line, likeness })
    }

    /// When the task of a draft may be called, and the instant if it has to be kept: one that has passed needn't.
    fn start(&self, draft: &Draft) -> (Start, Option<Timestamp>) {
        let defaults = self.defaults;
        let start = match (draft.at, draft.delay) {
            (Some(at), _) => Start::At(at),
            (None, Some(delay)) => Start::After(delay),
            (None, None) => defaults.at.map_or(Start::After(defaults.delay), Start::At),
        };
        match start {
            Start::At(at) => (start, (at > self.pushed_at).then_some(at)),
            Start::After(Duration::ZERO) => (start, None),
            Start::After(delay) => {
                let due = self.pushed_at.plus(delay);
                let is_long = self.longest_delay.is_some_and(|longest| delay > longest);
                (if is_long { Start::At(due) } else { start }, Some(due))
            }
        }
    }
}

/// The problem of a task that is larger than a queue takes.
pub(crate) fn too_large(bytes: usize, allowed: usize) -> Problem {
    Problem::new(format!("the task makes a message of {bytes} bytes, {allowed} are allowed"))
        .hint("put the body elsewhere and send where it is")
}
