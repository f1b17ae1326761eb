//! `jobq dlq drop`.

use std::path::PathBuf;

use jobq_core::name::QueueName;
use jobq_producer::letters::order::{Act, Order};

use super::desk::Desk;
use super::ending::{self, Manner, picked};
use super::which::Which;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pushing::parse;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue
    #[arg(value_parser = parse::<QueueName>)]
    queue: QueueName,
    /// Only these: task ids, or what the list shows instead [default: all that the filters let through]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// Drop what this file of exported lines names; - is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
}

/// Deletes dead letters.
pub(super) async fn run(args: Args, desk: &Desk) -> Result<Exit, Failure> {
    let queue = desk.queues(Some(args.queue.clone())).await.map(|_| args.queue)?;
    let picked = match args.from {
        Some(path) => Some(picked(&path, &queue, desk).await?),
        None => None,
    };
    let order = Order { queue, filter: args.which.filter(args.ids), picked, act: Act::Drop };
    let (exit, _) = ending::run(&order, &args.manner, desk).await?;
    Ok(exit)
}
