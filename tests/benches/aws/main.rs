//! How fast jobq is over SQS, each figure beside a bare loop over the same SDK: docs/speed.md.
//!
//! `cargo bench -p jobq-tests --bench aws [-- NAME...] [--times N]` prints one table. The server is a stand-in on this
//! machine, and what it takes for a request is most of the time: so CPU is counted for each process alone, and rates
//! are good for their ratio and nothing else.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark reads the time and its environment, and prints; the shared nginx.rs panics"
)]

#[allow(dead_code, reason = "the benchmark of the local backend measures more with it")]
#[path = "../speed/meter.rs"]
mod meter;
#[allow(dead_code, reason = "the benchmark of the local backend needs more programs")]
#[path = "../speed/setup.rs"]
mod setup;
#[allow(dead_code, reason = "the benchmark of the local backend has other units and goals")]
#[path = "../speed/table.rs"]
mod table;
#[path = "../speed/tasks.rs"]
mod tasks;

mod bare;
mod cloud;
mod project;

mod drain;
mod push;

use std::process::ExitCode;

use anyhow::Result;

use crate::cloud::Cloud;
use crate::setup::Setup;

type Benchmark = fn(&Setup, &Cloud) -> Result<()>;

/// What can be selected by name, in the order it runs.
const BENCHMARKS: [(&str, Benchmark); 2] = [("push", push::run), ("drain", drain::run)];

fn main() -> ExitCode {
    setup::ended(run())
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((role, rest)) = meter::role(&arguments) {
        return bare::play(role, rest);
    }
    let setup = Setup::read(&arguments, &BENCHMARKS.map(|(name, _)| name))?;
    let cloud = Cloud::start();
    table::head(setup.times);
    for (name, benchmark) in BENCHMARKS {
        if setup.selects(name) {
            benchmark(&setup, &cloud)?;
        }
    }
    Ok(())
}
