//! `jobq status`: am I keeping up?

use std::fmt;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::human;
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::readings::batches::{BatchReading, batch_rows};
use crate::readings::lookback::Lookback;
use crate::readings::overview::{Extent, Overview, look};
use crate::readings::queues::{opening_rows, queue_rows};
use crate::readings::{limit_rows, table};
use crate::store::Store;
use crate::watch::{self, Watch};

/// How many of the latest batches are shown.
const SHOWN_BATCHES: usize = 5;

/// How often it is read while it is watched: SQS counts with a lag, and each look is a request a queue and more.
const EVERY: Duration = Duration::from_secs(1);
const EVERY_ON_AWS: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show it again and again: on a screen of its own on a terminal, else one reading after the other
    #[arg(long, short)]
    watch: bool,
    /// How often to read it [default: 1s, on AWS 5s]
    #[arg(long, value_name = "TIME", requires = "watch", value_parser = human::positive)]
    interval: Option<Duration>,
}

/// Shows queues, limits and the latest batches, once or again and again.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    let store = project.existing_store().await?;
    if args.watch {
        let usual = if matches!(store, Store::Local(_)) { EVERY } else { EVERY_ON_AWS };
        let every = args.interval.unwrap_or(usual);
        let lookback = Lookback::new(&project, &store).await?;
        watch::run(&Watch { project, store, lookback, every }, printer).await?;
        return Ok(Exit::Fine);
    }
    let batches = store.latest_batches(SHOWN_BATCHES).await?;
    let now = SystemClock::new().now();
    let batches = batches.iter().map(|batch| BatchReading::new(batch, now)).collect();
    let lookback = Lookback::new(&project, &store).await?;
    let overview = look(&project, &store, &lookback, Extent::cheap(&store)).await?;
    if let Some(warning) = &overview.warning {
        printer.warn(warning);
    }
    printer.data(&Status { overview, batches })?;
    Ok(Exit::Fine)
}

#[derive(Debug, Serialize)]
struct Status {
    #[serde(flatten)]
    overview: Overview,
    batches: Vec<BatchReading>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.overview.fmt(f)?;
        if !self.batches.is_empty() {
            writeln!(f)?;
            table(f, &batch_rows(&self.batches))?;
        }
        Ok(())
    }
}

impl fmt::Display for Overview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &queue_rows(&self.queues))?;
        for queue in &self.queues {
            for concern in &queue.concerns {
                writeln!(f, "! {}: {concern}", queue.queue)?;
            }
        }
        table(f, &opening_rows(&self.queues))?;
        if !self.limits.is_empty() {
            writeln!(f)?;
            table(f, &limit_rows(&self.limits))?;
        }
        Ok(())
    }
}
