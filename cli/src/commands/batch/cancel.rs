//! `jobq batch cancel`.

use std::collections::BTreeSet;
use std::fmt;

use indicatif::HumanCount;
use jobq_adapters::clock::SystemClock;
use jobq_core::config::Config;
use jobq_core::human::counted;
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use super::find;
use crate::confirm::{Answer, Consent};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::parse;
use crate::readings::batches::{BatchReading, State};
use crate::steering::{self, Note, What, Wish};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The batch
    #[arg(value_parser = parse::<BatchId>)]
    batch: BatchId,
    /// Say what would be skipped, skip nothing
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    note: Note,
}

/// Cancels a batch, after asking.
pub(super) async fn run(
    args: Args,
    project: &Project,
    store: &Store,
    printer: Printer,
) -> Result<Exit, Failure> {
    let consent = if args.dry_run { None } else { Some(Consent::by_flag(args.yes)?) };
    let batch = find(store, &args.batch).await?;
    let before = State::of(&batch);
    if before.is_over() {
        let message = format!("batch '{}' has ended already: nothing is left to cancel", args.batch);
        return Err(Failure::usage(message).hint(format!("jobq batch show {}", args.batch)));
    }
    if let Some(consent) = consent {
        let open = counted(batch.tally.open(), "open task");
        let question = format!(
            "Nothing more of batch '{}' is called, for good: {open}, and what would grow from there.",
            args.batch
        );
        if consent.ask(&question, args.batch.as_str(), printer).await? == Answer::No {
            printer.note("nothing was done");
            return Ok(Exit::Failed);
        }
        for limit in reached(&project.config, &batch.queue) {
            let wish = Wish::lasting(What::CancelBatch(args.batch.clone()), args.note.clone());
            steering::write(store, &limit, wish).await?;
        }
        // After the limits know: what is given back meanwhile is skipped when it comes again.
        store.cancel(&args.batch).await?;
    }
    let after = find(store, &args.batch).await?;
    let reading = BatchReading::new(&after, SystemClock::new().now());
    printer.data(&Canceled { reading, dry_run: args.dry_run })?;
    Ok(Exit::Fine)
}

/// The limits that tasks of a batch may wait under: that of the queue it was pushed to, and of those it can grow into.
fn reached(config: &Config, from: &QueueName) -> BTreeSet<LimitName> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(name) = next.pop() {
        if let Some(queue) = config.queues.get(name).filter(|_| seen.insert(name.clone())) {
            next.extend(queue.growth.then.iter().map(|then| &then.queue));
        }
    }
    let limits = seen.iter().filter_map(|name| config.queues.get(name)).map(|queue| queue.limit.clone());
    limits.collect()
}

/// The batch as it is now.
#[derive(Debug, Serialize)]
struct Canceled {
    #[serde(flatten)]
    reading: BatchReading,
    dry_run: bool,
}

impl fmt::Display for Canceled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BatchReading { batch, done, skipped, open, .. } = &self.reading;
        if self.dry_run {
            let open = counted(*open, "task");
            return write!(f, "would skip up to {open} of '{batch}'; nothing was done");
        }
        let (skipped, done, open) = (counted(*skipped, "task"), HumanCount(*done), HumanCount(*open));
        write!(f, "canceled '{batch}': {skipped} skipped, {done} done")?;
        if self.reading.open > 0 {
            write!(
                f,
                ", {open} are open: calls under way end, drainers skip the rest (jobq batch wait {batch})"
            )?;
        }
        Ok(())
    }
}
