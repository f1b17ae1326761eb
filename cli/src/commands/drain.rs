//! `jobq drain [LIMIT]`.

use std::fmt;

use indicatif::HumanCount;
use jobq_core::human;
use jobq_core::limit::Limit;
use jobq_core::ports::depth::Depth;
use jobq_core::queue::Queue;
use jobq_drainer::plan::Until;
use serde::Serialize;

use crate::args::Global;
use crate::draining::{self, Drained, Work};
use crate::exit::Exit;
use crate::exposing::MetricsArgs;
use crate::failure::Failure;
use crate::finishing::Finishing;
use crate::printer::Printer;
use crate::progress::{Goal, per_second};
use crate::project::{Project, no_queue_of};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The limit whose queues to serve [default: the only one]
    limit: Option<String>,
    /// End when the queues are empty [default: go on until stopped]
    #[arg(long)]
    until_empty: bool,
    /// Run this many drainers side by side; they share the limit
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    drainers: u16,
    #[command(flatten)]
    exposing: MetricsArgs,
}

/// Serves a limit's queues.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    let limit = project.limit(args.limit.as_deref())?.clone();
    let queues: Vec<Queue> = project.config.queues_of(&limit.name).cloned().collect();
    if queues.is_empty() {
        return Err(no_queue_of(&limit));
    }
    let store = project.store().await?;
    let results = project.results(&queues).await?;
    let goal = Goal { tasks: waiting(&store, &queues).await?, ended: 0, pace: limit.pace };
    let until = if args.until_empty { Until::Empty } else { Until::Stopped };
    let (drainers, metrics) = (args.drainers, args.exposing.metrics);
    let finishing = Finishing::new(project.config.queues.values(), &project, &store, printer)?;
    let work = Work { limit: limit.clone(), queues, results, drainers, until, goal, finishing, metrics };
    let drained = draining::run(work, store, project.secrets().await?, printer).await?;
    let report = DrainReport::new(&limit, drained);
    printer.data(&report)?;
    Ok(if report.dead > 0 { Exit::DeadTasks } else { Exit::Fine })
}

async fn waiting(store: &Store, queues: &[Queue]) -> Result<u64, Failure> {
    let mut tasks = 0;
    for queue in queues {
        let depth = store.measure(&queue.name).await?;
        tasks += depth.ready + depth.in_flight + depth.delayed;
    }
    Ok(tasks)
}

/// What a drain did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DrainReport {
    limit: String,
    pub(crate) done: u64,
    pub(crate) dead: u64,
    pub(crate) calls: u64,
    pub(crate) retried: u64,
    /// Calls the API refused because it was called too fast.
    pub(crate) refused: u64,
    /// Tasks handed back without a call.
    released: u64,
    pub(crate) seconds: f64,
    pub(crate) calls_per_second: f64,
}

impl DrainReport {
    /// The report of a drain.
    pub(crate) fn new(limit: &Limit, drained: Drained) -> Self {
        let summary = drained.summary;
        Self {
            limit: limit.name.to_string(),
            done: summary.done,
            dead: summary.dead,
            calls: summary.calls,
            retried: summary.retried,
            refused: summary.throttled,
            released: summary.released,
            seconds: drained.seconds,
            calls_per_second: per_second(summary.calls, drained.seconds),
        }
    }
}

impl fmt::Display for DrainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = human::roughly(std::time::Duration::from_secs_f64(self.seconds));
        let (done, calls) = (HumanCount(self.done), human::counted(self.calls, "call"));
        write!(f, "{done} done in {time}, {calls} at {:.1}/s", self.calls_per_second)?;
        for (count, what) in [(self.retried, "retried"), (self.refused, "refused"), (self.dead, "dead")] {
            if count > 0 {
                write!(f, ", {} {what}", HumanCount(count))?;
            }
        }
        Ok(())
    }
}
