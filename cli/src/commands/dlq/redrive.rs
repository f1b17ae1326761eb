//! `jobq dlq redrive`.

use std::path::PathBuf;

use jobq_core::config::backend::Backend;
use jobq_core::name::QueueName;
use jobq_producer::letters::order::{Act, Order};

use super::desk::Desk;
use super::ending::{self, Manner, picked};
use super::which::Which;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::programs;
use crate::pushing::parse;
use crate::waking::wake;

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
    /// Send back what this file of exported lines holds, as it is there now; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "edit")]
    from: Option<PathBuf>,
    /// Change each task by this jq program first: '.url |= sub("v1";"v2")'; empty leaves it where it is
    #[arg(long, value_name = "PROGRAM")]
    edit: Option<String>,
    #[command(flatten)]
    manner: Manner,
}

/// Sends dead letters back to their queue.
pub(super) async fn run(args: Args, desk: &Desk) -> Result<Exit, Failure> {
    args.edit.as_deref().map_or(Ok(()), |code| programs::check("--edit", code))?;
    let queue = desk.queues(Some(args.queue.clone())).await.map(|_| args.queue)?;
    let picked = match args.from {
        Some(path) => Some(picked(&path, &queue, desk).await?),
        None => None,
    };
    let order = Order { queue, filter: args.which.filter(args.ids), picked, act: Act::SendBack(args.edit) };
    let (exit, ended) = ending::run(&order, &args.manner, desk).await?;
    if ended > 0 && desk.project.backend == Backend::Aws {
        wake(&desk.project, desk.printer).await;
    }
    Ok(exit)
}
