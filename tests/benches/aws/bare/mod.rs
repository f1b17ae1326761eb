//! The same work by the SDK with nothing around it, each in a process of its own.
//!
//! These are roles of the benchmark's own program, chosen by its first argument.

mod draining;
mod sdk;
mod sending;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::meter::{self, Usage};
use crate::project::Project;

/// The role of a meter around one program.
pub(crate) const METER: &str = "as:meter";
const SEND: &str = "as:send";
const DRAIN: &str = "as:drain";

/// Sends the lines of `file` to the project's queue.
pub(crate) fn send(project: &Project<'_>, file: &str) -> Result<Usage> {
    project.run(&std::env::current_exe()?, [SEND, project.queue(), file])
}

/// Receives, calls and deletes `tasks` of the project's queue.
pub(crate) fn drain(project: &Project<'_>, tasks: usize) -> Result<Usage> {
    project.run(&std::env::current_exe()?, [DRAIN, project.queue(), &tasks.to_string()])
}

/// Plays a role to its end.
pub(crate) fn play(role: &str, arguments: &[String]) -> Result<()> {
    let argument = |at: usize| arguments.get(at).context("an argument is missing");
    match role {
        METER => meter::meter(&arguments.iter().map(OsString::from).collect::<Vec<_>>()),
        SEND => on_one_thread(sending::send(argument(0)?, Path::new(argument(1)?))),
        DRAIN => on_one_thread(draining::drain(argument(0)?, argument(1)?.parse()?)),
        other => bail!("there is no role '{other}'"),
    }
}

/// As jobq does: SQS is waited for, not computed.
fn on_one_thread(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
