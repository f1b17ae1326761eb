//! The peak memory of a large drain, beside that of sockets alone.

use anyhow::Result;

use crate::TASKS;
use crate::bare;
use crate::drain::quick_nginx;
use crate::project::Project;
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::posts;

/// Measures the memory of pushing and of draining.
pub(crate) fn run(setup: &Setup) -> Result<()> {
    let api = quick_nginx();
    let tasks = posts(&api.url("/call/"), TASKS);
    let (mut push, mut drain, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setup.times {
        let project = Project::new(setup, "rate = \"none\"", &tasks)?;
        push.push(project.push()?);
        drain.push(project.drain(TASKS)?);
        sockets.push(bare::call(project.path(), api.port, TASKS)?);
    }
    Row::new("memory: pushing 65,000 tasks", Unit::Megabytes, Spread::of(&push, |used| used.peak)).print();
    Row::new("memory: draining 65,000 tasks", Unit::Megabytes, Spread::of(&drain, |used| used.peak))
        .beside(Spread::of(&sockets, |used| used.peak))
        .goal(Goal::AtMost(50e6))
        .print();
    Ok(())
}
