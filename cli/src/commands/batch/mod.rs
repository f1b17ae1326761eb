//! `jobq batch ls|show|wait|cancel`.

mod cancel;
mod ls;
mod show;
mod wait;

use jobq_core::batch::{BatchSummary, Stage};
use jobq_core::config::nearest::suggestion;
use jobq_core::name::BatchId;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::store::Store;

/// How many of the latest batches are named where one isn't there.
const NAMED: usize = 10;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List batches, the latest first
    Ls(ls::Args),
    /// Show one batch: its counts, where its tasks wait, how fast it goes
    Show(show::Args),
    /// Wait until a batch has ended, with all that grows from it; exit code 3 if tasks of it are dead
    Wait(wait::Args),
    /// Call nothing more of a batch; calls under way end
    Cancel(cancel::Args),
}

/// Lists batches, shows one, waits for one, cancels one.
pub(crate) async fn run(command: Command, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    let store = project.existing_store().await?;
    match command {
        Command::Ls(args) => ls::run(&args, &store, printer).await,
        Command::Show(args) => show::run(&args, &project, &store, printer).await,
        Command::Wait(args) => wait::run(&args, &store, printer).await,
        Command::Cancel(args) => cancel::run(args, &project, &store, printer).await,
    }
}

/// What tells why tasks of a batch are dead, by the queues they died in; none where none are.
fn why_dead(batch: &str, stages: &[Stage]) -> Option<String> {
    let dead = stages.iter().filter(|stage| stage.tally.dead > 0);
    let each = dead.map(|stage| format!("jobq dlq stats {} --batch {batch}", stage.queue));
    each.reduce(|all, one| format!("{all}; {one}"))
}

/// The batch that is meant.
async fn find(store: &Store, id: &BatchId) -> Result<BatchSummary, Failure> {
    if let Some(batch) = store.batch(id).await? {
        return Ok(batch);
    }
    let latest = store.latest_batches(NAMED).await?;
    let names: Vec<&str> = latest.iter().map(|batch| batch.id.as_str()).collect();
    let hint = suggestion(id.as_str(), "batch", &names);
    Err(Failure::usage(format!("there is no batch '{id}'")).hint(hint).hint("all of them: jobq batch ls"))
}
