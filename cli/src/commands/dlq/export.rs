//! `jobq dlq export`.

use jobq_core::name::QueueName;
use jobq_producer::letters::line::Line;

use super::desk::Desk;
use super::which::Which;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pushing::parse;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue
    #[arg(value_parser = parse::<QueueName>)]
    queue: QueueName,
    #[command(flatten)]
    which: Which,
}

/// Writes dead letters to standard output, one a line, as they are found. Changes nothing.
pub(super) async fn run(args: Args, desk: &Desk) -> Result<Exit, Failure> {
    let filter = args.which.filter(Vec::new());
    let mut written = Ok(());
    for queue in desk.queues(Some(args.queue)).await? {
        desk.look(&queue, &mut |found, letter| {
            if written.is_ok() && filter.matches(&queue, found, letter) {
                let line = Line::new(&queue, found, letter).to_json() + "\n";
                written = desk.printer.raw(line.as_bytes());
            }
        })
        .await?;
    }
    written?;
    Ok(Exit::Fine)
}
