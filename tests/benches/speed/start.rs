//! How soon a short command is done, beside a program that does nothing, or only counts.

use std::path::Path;

use anyhow::Result;

use crate::TASKS;
use crate::bare;
use crate::meter::{self, Usage};
use crate::project::{Project, TASKS_FILE};
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::posts;

/// Milliseconds vary more than seconds, and cost less.
const RUNS: usize = 20;

/// Measures the commands that people wait for with their eyes on the terminal.
pub(crate) fn run(setup: &Setup) -> Result<()> {
    let project = Project::new(setup, "rate = \"none\"", &posts("http://127.0.0.1:8080/call/", TASKS))?;
    project.push()?;
    bare::insert(project.path(), TASKS_FILE, "bare.db")?;
    let version = repeat(|| project.run(&["--version"]))?;
    let nothing = repeat(|| meter::run(project.path(), Path::new("true"), [""; 0]))?;
    Row::new("start: jobq --version, beside true", Unit::Millis, Spread::of(&version, |used| used.wall))
        .beside(Spread::of(&nothing, |used| used.wall))
        .goal(Goal::AtMost(0.010))
        .print();
    let status = repeat(|| project.run(&["status"]))?;
    let count = repeat(|| bare::count(project.path(), "bare.db"))?;
    Row::new("start: jobq status, beside count(*)", Unit::Millis, Spread::of(&status, |used| used.wall))
        .beside(Spread::of(&count, |used| used.wall))
        .goal(Goal::AtMost(0.050))
        .print();
    Ok(())
}

fn repeat(run: impl FnMut() -> Result<Usage>) -> Result<Vec<Usage>> {
    std::iter::repeat_with(run).take(RUNS).collect()
}
