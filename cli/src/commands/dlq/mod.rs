//! `jobq dlq stats|ls|show|export|redrive|drop`.

mod drop;
mod export;
mod ls;
mod redrive;
mod show;
mod stats;

mod desk;
mod ending;
mod which;

use desk::Desk;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Count dead letters by reason, status and host, with an example of each
    Stats(stats::Args),
    /// List dead letters, the oldest first; with --json one object a line
    Ls(ls::Args),
    /// Show one dead letter: the request, every attempt, the answer
    Show(show::Args),
    /// Write dead letters as a task file that push, redrive and drop take back, edited or not
    Export(export::Args),
    /// Send dead letters back to their queue, and so through its limit, to start anew
    Redrive(redrive::Args),
    /// Delete dead letters for good
    Drop(drop::Args),
}

/// Looks at dead letters, sends them back or drops them.
pub(crate) async fn run(command: Command, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let (desk, listening) = Desk::open(global, printer).await?;
    let work = async {
        match command {
            Command::Stats(args) => stats::run(args, &desk).await,
            Command::Ls(args) => ls::run(args, &desk).await,
            Command::Show(args) => show::run(&args, &desk).await,
            Command::Export(args) => export::run(args, &desk).await,
            Command::Redrive(args) => redrive::run(args, &desk).await,
            Command::Drop(args) => drop::run(args, &desk).await,
        }
    };
    tokio::select! {
        done = work => done,
        () = listening => Err(Failure::failed("listen for signals: there are none any more")),
    }
}
