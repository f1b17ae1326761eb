//! A few tasks that can't wait, pushed in the middle: when, and how long each of them waited for its call.

use std::path::Path;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::result_file::read::read;
use jobq_adapters::result_log::Line;
use jobq_core::ports::clock::Clock;
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;
use serde::Serialize;

use super::pipeline::batch;
use super::watching::Stage;
use crate::failure::Failure;
use crate::pushing::SourceArgs;

/// The batch of the urgent tasks, from which their ids are made.
const BATCH: &str = "urgent";

/// What somebody would type.
pub(super) const TYPED: &str = "$ jobq push data urgent.txt --batch urgent --priority high";

/// The urgent tasks, once they are pushed.
#[derive(Debug, Clone)]
pub(super) struct Urgent {
    /// When they were, counted from the beginning.
    pub(super) at: Duration,
    /// How many other tasks waited then.
    pub(super) among: u64,
    pub(super) pushed: u64,
    instant: Timestamp,
}

/// How long a task waited.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Wait {
    task: String,
    /// From the push to the call.
    pub(super) waited_seconds: f64,
}

/// Pushes them, as `jobq push` does, which tells what it did; so many others wait.
pub(super) async fn push(
    stage: &Stage<'_>,
    (at, among): (Duration, u64),
) -> Result<(Urgent, String), Failure> {
    let args = SourceArgs::of_batch(batch(BATCH)?, Priority::High);
    let (project, file) = (stage.project, &stage.pipeline.urgent);
    let mut prepared = args.prepare(file, Some(project.queue("data")?), project.backend)?;
    let instant = SystemClock::new().now();
    let pushed = prepared.push(stage.store, stage.printer.hushed()).await?;
    Ok((Urgent { at, among, pushed: pushed.sent, instant }, pushed.to_string()))
}

impl Urgent {
    /// How long each of them waited, the shortest wait first, as the results tell it.
    pub(super) fn waits(&self, results: &Path) -> Result<Vec<Wait>, Failure> {
        let mut waits = Vec::new();
        read(results, &mut |line| {
            if let Line::Told { story, .. } = line
                && story.task.starts_with(BATCH)
                && let Some(start) = story.starts.first()
            {
                let waited_seconds = start.since(self.instant).as_secs_f64();
                waits.push(Wait { task: story.task, waited_seconds });
            }
        })?;
        waits.sort_by(|a, b| a.waited_seconds.total_cmp(&b.waited_seconds));
        Ok(waits)
    }
}
