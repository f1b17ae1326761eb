//! `jobq batch ls`.

use std::fmt;

use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::readings::batches::{BatchReading, batch_rows};
use crate::readings::table;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many at most; 0 for all, which on AWS reads the whole table
    #[arg(long, value_name = "N", default_value = "10")]
    limit: usize,
}

/// Lists batches, the latest first.
pub(super) async fn run(args: &Args, store: &Store, printer: Printer) -> Result<Exit, Failure> {
    let batches = match args.limit {
        0 => store.batches().await?,
        most => store.latest_batches(most).await?,
    };
    let now = SystemClock::new().now();
    let batches = batches.iter().map(|batch| BatchReading::new(batch, now)).collect();
    printer.data(&List { batches })?;
    Ok(Exit::Fine)
}

#[derive(Debug, Serialize)]
struct List {
    batches: Vec<BatchReading>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.batches.is_empty() {
            return writeln!(f, "there is no batch: push one with jobq push QUEUE FILE");
        }
        table(f, &batch_rows(&self.batches))
    }
}
