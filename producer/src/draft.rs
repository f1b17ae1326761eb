//! Drafts: tasks as far as their line tells, before they have a batch.

use std::time::Duration;

use jobq_core::name::BatchId;
use jobq_core::task::{Method, Priority, Request, Task, TaskId};
use jobq_core::time::Timestamp;

use crate::letters::line::History;
use jobq_core::written::address;
use jobq_core::written::problem::Problem;

/// What one line says of a task, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, if the line gives one.
    pub id: Option<TaskId>,
    /// The call.
    pub request: Request,
    /// How soon it is served, if the line says so.
    pub priority: Option<Priority>,
    /// How long it waits, if the line says so.
    pub delay: Option<Duration>,
    /// When it may be called first, if the line says so; it says one of the two.
    pub at: Option<Timestamp>,
    /// What it has behind it, if the line is that of a dead letter.
    pub history: Option<History>,
}

/// What holds for tasks whose line doesn't say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Defaults {
    /// How soon a task is served.
    pub priority: Priority,
    /// How long it waits before it may be served at all.
    pub delay: Duration,
    /// When it may be called first; goes before `delay`.
    pub at: Option<Timestamp>,
}

impl Draft {
    /// A call that only reads, from a source that has nothing but urls.
    pub(crate) fn get(url: String) -> Result<Self, Problem> {
        address::check(&url)?;
        let request = Request { method: Method::Get, url, headers: Vec::new(), body: None };
        Ok(Self { id: None, request, priority: None, delay: None, at: None, history: None })
    }

    /// The task of this draft at this line of a batch.
    ///
    /// Without an id of its own it is named by its place, so that a push that is resumed, or repeated after
    /// a fault, makes the same ids again.
    pub(crate) fn into_task(self, batch: &BatchId, line: u64, defaults: Defaults) -> Task {
        Task {
            id: self.id.unwrap_or_else(|| TaskId::of_line(batch, line)),
            request: self.request,
            priority: self.priority.unwrap_or(defaults.priority),
            delay: self.delay.unwrap_or(defaults.delay),
        }
    }
}
