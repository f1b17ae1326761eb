//! JSON Lines: one task as one JSON object, and beside it the story of the dead letter it may have been.

use jobq_core::written::object::{glance, read};
use jobq_core::written::problem::Problem;
use serde_json::value::RawValue;

use crate::draft::Draft;
use crate::letters::line::{History, Story};

/// Reads one line.
pub(crate) fn parse(line: &str) -> Result<Draft, Problem> {
    let written = read(line)?;
    let history = written.dead.map(read_story).transpose()?.map(History::of);
    let (id, priority) = (written.id.clone(), written.priority);
    let (delay, at) = (written.delay, written.at);
    Ok(Draft { id, request: written.request(), priority, delay, at, history })
}

/// Where a line of a dead letter comes from.
pub(crate) struct Place {
    /// The queue it lies in.
    pub(crate) queue: String,
    /// What the backend calls it.
    pub(crate) letter: String,
    /// Whether the line tells a task.
    pub(crate) has_task: bool,
}

/// Where a line comes from; none if it doesn't say.
pub(crate) fn place(line: &str) -> Result<Option<Place>, Problem> {
    let (dead, has_task) = glance(line)?;
    let story = dead.map(read_story).transpose()?;
    Ok(story.map(|story| Place { queue: story.queue, letter: story.letter, has_task }))
}

fn read_story(raw: &RawValue) -> Result<Story, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        Problem::new(format!("dead: {words}")).hint("leave it as 'jobq dlq export' wrote it, or leave it out")
    })
}
