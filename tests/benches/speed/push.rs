//! Pushing a file durably, beside SQLite alone with the same bytes.

use anyhow::Result;

use crate::TASKS;
use crate::bare;
use crate::project::{Project, TASKS_FILE};
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::posts;

/// Measures pushing a file of tasks.
pub(crate) fn run(setup: &Setup) -> Result<()> {
    let tasks = posts("http://127.0.0.1:8080/call/", TASKS);
    let (mut jobq, mut sqlite) = (Vec::new(), Vec::new());
    for _ in 0..setup.times {
        let project = Project::new(setup, "rate = \"none\"", &tasks)?;
        jobq.push(project.push()?);
        sqlite.push(bare::insert(project.path(), TASKS_FILE, "bare.db")?);
    }
    Row::new("push: tasks", Unit::PerSecond, Spread::of(&jobq, |used| used.rate(TASKS)))
        .beside(Spread::of(&sqlite, |used| used.rate(TASKS)))
        .goal(Goal::AtLeast(100_000.0))
        .print();
    let cpu = |used: &crate::meter::Usage| used.cpu_per_10_000(TASKS);
    Row::new("push: CPU for 10,000 tasks", Unit::Cpu, Spread::of(&jobq, cpu))
        .beside(Spread::of(&sqlite, cpu))
        .goal(Goal::AtMost(0.1))
        .print();
    Ok(())
}
