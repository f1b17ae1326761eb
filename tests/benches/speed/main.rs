//! How fast jobq is, each figure beside what this machine can do at most: docs/speed.md.
//!
//! `cargo bench -p jobq-tests --bench speed [-- NAME...] [--times N]` prints one table. Everything that is
//! measured is a process of its own, so that CPU and memory are counted alike for jobq and for what stands
//! beside it. A goal that isn't met is a row that says so; the benchmark fails only if something didn't work.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark reads the time and its environment, and prints; the shared nginx.rs panics"
)]

mod bare;
mod meter;
mod project;
mod setup;
mod table;
mod tasks;

mod drain;
mod hold;
mod limit;
mod memory;
mod push;
mod start;

use std::process::ExitCode;

use anyhow::Result;

use crate::setup::Setup;

/// How many tasks the figures about bulk are about: the file of the README's first example.
const TASKS: usize = 65_000;

type Benchmark = fn(&Setup) -> Result<()>;

/// What can be selected by name, in the order it runs.
const BENCHMARKS: [(&str, Benchmark); 6] = [
    ("push", push::run),
    ("drain", drain::run),
    ("hold", hold::run),
    ("limit", limit::run),
    ("memory", memory::run),
    ("start", start::run),
];

fn main() -> ExitCode {
    setup::ended(run())
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((role, rest)) = meter::role(&arguments) {
        return bare::play(role, rest);
    }
    let setup = Setup::read(&arguments, &BENCHMARKS.map(|(name, _)| name))?;
    table::head(setup.times);
    for (name, benchmark) in BENCHMARKS {
        if setup.selects(name) {
            benchmark(&setup)?;
        }
    }
    Ok(())
}
