//! `jobq batch show`.

use std::fmt;

use jobq_adapters::clock::SystemClock;
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use super::find;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
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
pub(super) async fn run(args: &Args, store: &Store, printer: Printer) -> Result<Exit, Failure> {
    let batch = find(store, &args.batch).await?;
    let waiting = store.waiting(&args.batch).await?;
    let waiting = waiting.map(|queues| {
        queues.into_iter().map(|(queue, tasks)| Waiting { queue: queue.to_string(), tasks }).collect()
    });
    let reading = BatchReading::new(&batch, SystemClock::new().now());
    printer.data(&Show { reading, source: batch.source, waiting })?;
    Ok(Exit::Fine)
}

#[derive(Debug, Serialize)]
struct Show {
    #[serde(flatten)]
    reading: BatchReading,
    source: String,
    /// Open tasks by queue; none where the backend can't tell.
    waiting: Option<Vec<Waiting>>,
}

#[derive(Debug, Serialize)]
struct Waiting {
    queue: String,
    tasks: u64,
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &batch_rows(std::slice::from_ref(&self.reading)))?;
        if let Some(rate) = self.reading.ended_per_second.filter(|_| !self.reading.state.is_over()) {
            writeln!(f, "{rate:.1} tasks a second on average")?;
        }
        if let Some(waiting) = self.waiting.as_ref().filter(|waiting| !waiting.is_empty()) {
            writeln!(f)?;
            let cells = waiting.iter().map(|waiting| vec![waiting.queue.clone(), count(waiting.tasks)]);
            let open: Vec<Vec<String>> = std::iter::once(row(["QUEUE", "OPEN"])).chain(cells).collect();
            table(f, &open)?;
        }
        if self.reading.dead > 0 {
            let Self { reading: BatchReading { queue, batch, .. }, .. } = self;
            writeln!(f, "\nwhy they are dead: jobq dlq stats {queue} --batch {batch}")?;
        }
        Ok(())
    }
}
