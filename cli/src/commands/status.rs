//! `jobq status`: am I keeping up?

use std::fmt;

use indicatif::HumanCount;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::readings::{self, LimitReading, QueueReading, limit_rows, queue_rows, row, table};

/// How many of the latest batches are shown.
const SHOWN_BATCHES: usize = 5;

/// Shows queues, limits and the latest batches.
pub(crate) async fn run(global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let store = project.existing_store().await?;
    let batches = store.batches().await?;
    let batches = batches.iter().take(SHOWN_BATCHES).map(|batch| BatchReading {
        batch: batch.id.to_string(),
        queue: batch.queue.to_string(),
        known: batch.tally.known,
        done: batch.tally.done,
        dead: batch.tally.dead,
        open: batch.tally.open(),
        pushed_whole: batch.complete,
    });
    let status = Status {
        queues: readings::queues(&project, &store).await?,
        limits: readings::limits(&project, &store).await?,
        batches: batches.collect(),
    };
    printer.data(&status)?;
    Ok(Exit::Fine)
}

#[derive(Debug, Serialize)]
struct Status {
    queues: Vec<QueueReading>,
    limits: Vec<LimitReading>,
    batches: Vec<BatchReading>,
}

#[derive(Debug, Serialize)]
struct BatchReading {
    batch: String,
    queue: String,
    known: u64,
    done: u64,
    dead: u64,
    open: u64,
    pushed_whole: bool,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &queue_rows(&self.queues))?;
        if !self.limits.is_empty() {
            writeln!(f)?;
            table(f, &limit_rows(&self.limits))?;
        }
        if !self.batches.is_empty() {
            writeln!(f)?;
            table(f, &batch_rows(&self.batches))?;
        }
        Ok(())
    }
}

fn batch_rows(batches: &[BatchReading]) -> Vec<Vec<String>> {
    let heading = row(["BATCH", "DONE", "DEAD", "OPEN", "KNOWN", ""]);
    let cells = |batch: &BatchReading| {
        let count = |number: u64| HumanCount(number).to_string();
        let partly = if batch.pushed_whole { "" } else { "pushed in part: push the file again to go on" };
        vec![
            batch.batch.clone(),
            count(batch.done),
            count(batch.dead),
            count(batch.open),
            count(batch.known),
            partly.to_owned(),
        ]
    };
    std::iter::once(heading).chain(batches.iter().map(cells)).collect()
}
