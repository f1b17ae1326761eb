//! Deleting every task that waits in a queue.

use std::fmt;

use jobq_core::human::counted;
use jobq_core::name::QueueName;
use jobq_core::ports::depth::Depth;
use serde::Serialize;

use crate::confirm::{Answer, Consent};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::parse;
use crate::readings::find_queue;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue
    #[arg(value_parser = parse::<QueueName>)]
    queue: QueueName,
    /// Say how many there are, delete none
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

/// Deletes a queue's tasks, those under way and delayed ones among them, after asking.
pub(crate) async fn run(args: Args, project: &Project, printer: Printer) -> Result<Exit, Failure> {
    let consent = if args.dry_run { None } else { Some(Consent::by_flag(args.yes)?) };
    let store = project.existing_store().await?;
    let queue = find_queue(project, &store, args.queue).await?;
    let depth = store.measure(&queue).await?;
    let mut report = Purged {
        queue: queue.to_string(),
        dry_run: args.dry_run,
        tasks: depth.ready + depth.in_flight + depth.delayed,
        exact: matches!(store, Store::Local(_)),
    };
    if let Some(consent) = consent {
        let question = format!("All tasks of queue '{queue}', {}, are deleted for good.", report.number());
        if consent.ask(&question, queue.as_str(), printer).await? == Answer::No {
            printer.note("nothing was done");
            return Ok(Exit::Failed);
        }
        if let Some(deleted) = store.purge(&queue).await? {
            report.tasks = deleted;
        }
    }
    printer.data(&report)?;
    Ok(Exit::Fine)
}

/// What was deleted, or would be.
#[derive(Debug, Serialize)]
struct Purged {
    queue: String,
    dry_run: bool,
    /// On AWS as SQS counted them before.
    tasks: u64,
    /// Whether that is right to the one. SQS counts with a lag.
    exact: bool,
}

impl Purged {
    fn number(&self) -> String {
        let about = if self.exact { "" } else { "about " };
        format!("{about}{}", counted(self.tasks, "task"))
    }
}

impl fmt::Display for Purged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.number();
        if self.dry_run {
            write!(f, "would delete {tasks} of '{}'; nothing was done", self.queue)
        } else {
            write!(f, "deleted {tasks} of '{}'", self.queue)
        }
    }
}
