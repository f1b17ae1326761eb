//! What the machine can do at most: the same work with nothing around it, each in a process of its own.
//!
//! These are roles of the benchmark's own program, chosen by its first argument.

mod calls;
mod paced_calls;
mod rows;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::meter::{self, Usage};

/// The role of a meter around one program.
pub(crate) const METER: &str = "as:meter";
const INSERT: &str = "as:insert";
const COUNT: &str = "as:count";
const CALL: &str = "as:call";
const PACE: &str = "as:pace";

/// Inserts the lines of `file` into a new `database`, durably.
pub(crate) fn insert(folder: &Path, file: &str, database: &str) -> Result<Usage> {
    run(folder, &[INSERT, file, database])
}

/// Counts the rows that [`insert`] made.
pub(crate) fn count(folder: &Path, database: &str) -> Result<Usage> {
    run(folder, &[COUNT, database])
}

/// Calls the server on `port` so many times, as fast as one thread can.
pub(crate) fn call(folder: &Path, port: u16, calls: usize) -> Result<Usage> {
    run(folder, &[CALL, &port.to_string(), &calls.to_string()])
}

/// Makes so many calls, `rate` a second; each goes to `url` with its number added.
pub(crate) fn pace(folder: &Path, url: &str, rate: usize, calls: usize) -> Result<Usage> {
    run(folder, &[PACE, url, &rate.to_string(), &calls.to_string()])
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Usage> {
    meter::run(folder, &std::env::current_exe()?, arguments)
}

/// Plays a role to its end.
pub(crate) fn play(role: &str, arguments: &[String]) -> Result<()> {
    let argument = |at: usize| arguments.get(at).context("an argument is missing");
    match role {
        METER => meter::meter(&arguments.iter().map(OsString::from).collect::<Vec<_>>()),
        INSERT => rows::insert(Path::new(argument(0)?), Path::new(argument(1)?)),
        COUNT => rows::count(Path::new(argument(0)?)),
        CALL => on_one_thread(calls::make(argument(0)?.parse()?, argument(1)?.parse()?)),
        PACE => on_one_thread(paced_calls::make(argument(0)?, argument(1)?.parse()?, argument(2)?.parse()?)),
        other => bail!("there is no role '{other}'"),
    }
}

fn on_one_thread(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
