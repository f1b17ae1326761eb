//! `jobq batch show`.

use std::fmt;

use jobq_adapters::clock::SystemClock;
use jobq_core::batch::{BatchSummary, Stage, Tally};
use jobq_core::config::backend::Backend;
use jobq_core::human;
use jobq_core::name::BatchId;
use jobq_core::policy::cost::Cost;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::Ledger;
use serde::Serialize;

use super::{find, why_dead};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::parse;
use crate::readings::batches::{BatchReading, batch_rows};
use crate::readings::queues::count;
use crate::readings::{row, table};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The batch
    #[arg(value_parser = parse::<BatchId>)]
    batch: BatchId,
}

/// Shows one batch.
pub(super) async fn run(
    args: &Args,
    project: &Project,
    store: &Store,
    printer: Printer,
) -> Result<Exit, Failure> {
    let batch = find(store, &args.batch).await?;
    let stages = store.stages(&args.batch).await?;
    let why_dead = why_dead(batch.id.as_str(), &stages);
    let stages = stages.into_iter().map(StageReading::from).collect();
    let reading = BatchReading::new(&batch, SystemClock::new().now());
    let cost = cost(project, &batch);
    let (source, unfollowed) = (batch.source, batch.unfollowed);
    printer.data(&Show { reading, source, stages, unfollowed, cost, why_dead })?;
    Ok(Exit::Fine)
}

/// About what it has cost, where it costs something and its queue's limit says how long its calls take.
fn cost(project: &Project, batch: &BatchSummary) -> Option<ShownCost> {
    let Backend::Aws = project.backend else { return None };
    let config = &project.config;
    let limit = config.limits.get(&config.queues.get(&batch.queue)?.limit)?;
    let cost = Cost::so_far(batch.tally, limit.pace, &config.stack);
    let Cost { sqs, ledger, s3, lambda } = cost;
    Some(ShownCost { dollars: cost.total(), sqs, ledger, s3, lambda })
}

#[derive(Debug, Serialize)]
struct Show {
    #[serde(flatten)]
    reading: BatchReading,
    source: String,
    /// What it has in each queue.
    stages: Vec<StageReading>,
    /// Why no task goes on from its end though one should.
    unfollowed: Option<String>,
    /// About what it has cost; none locally.
    cost: Option<ShownCost>,
    /// What tells why tasks of it are dead.
    #[serde(skip)]
    why_dead: Option<String>,
}

/// About what a batch has cost so far, in dollars: all of it, and its parts.
#[derive(Debug, Serialize)]
struct ShownCost {
    dollars: f64,
    sqs: f64,
    ledger: f64,
    s3: f64,
    lambda: f64,
}

#[derive(Debug, Serialize)]
struct StageReading {
    queue: String,
    known: u64,
    done: u64,
    dead: u64,
    skipped: u64,
    open: u64,
}

impl From<Stage> for StageReading {
    fn from(Stage { queue, tally }: Stage) -> Self {
        let Tally { known, done, dead, skipped } = tally;
        Self { queue: queue.to_string(), known, done, dead, skipped, open: tally.open() }
    }
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &batch_rows(std::slice::from_ref(&self.reading)))?;
        if let Some(rate) = self.reading.ended_per_second.filter(|_| !self.reading.state.is_over()) {
            writeln!(f, "{rate:.1} tasks a second on average")?;
        }
        // Of one queue the batch's own row says it all.
        if self.stages.len() > 1 {
            writeln!(f)?;
            table(f, &stage_rows(&self.stages))?;
        }
        if let Some(cost) = &self.cost {
            writeln!(f, "\n{} so far", human::about_dollars(cost.dollars))?;
        }
        if let Some(why) = &self.unfollowed {
            writeln!(f, "\nno task goes on from its end: {why}")?;
        }
        if let Some(why) = &self.why_dead {
            writeln!(f, "\nwhy they are dead: {why}")?;
        }
        Ok(())
    }
}

fn stage_rows(stages: &[StageReading]) -> Vec<Vec<String>> {
    let heading = row(["IN QUEUE", "DONE", "DEAD", "SKIPPED", "OPEN", "KNOWN"]);
    let cells = |stage: &StageReading| {
        let counts = [stage.done, stage.dead, stage.skipped, stage.open, stage.known].map(count);
        std::iter::once(stage.queue.clone()).chain(counts).collect()
    };
    std::iter::once(heading).chain(stages.iter().map(cells)).collect()
}
