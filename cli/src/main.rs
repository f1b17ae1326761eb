//! The `jobq` program: reads the command line, wires adapters to flows, maps the outcome to an exit code.

mod args;
mod coming;
mod commands;
mod confirm;
mod demo;
mod deploy;
mod doctor;
mod draining;
mod env_vars;
mod exit;
mod exposing;
mod failure;
mod finishing;
mod logging;
mod meter;
mod openings;
mod printer;
mod programs;
mod progress;
mod project;
mod purging;
mod pushing;
mod readings;
mod recorder;
mod results;
mod secrets;
mod serving;
mod signals;
mod steering;
mod store;
mod traces;
mod verifying;
mod waking;
mod watch;
mod world;

use std::process::ExitCode;

use clap::Parser;
use jobq_adapters::jq::child::serve_if_asked;

use crate::args::Args;
use crate::printer::Printer;

fn main() -> ExitCode {
    if let Some(exit) = serve_if_asked(env_vars::arguments()) {
        return exit;
    }
    let args = Args::parse();
    let (log, started) = match logging::start() {
        Ok(log) => (log, Ok(())),
        Err(failure) => (None, Err(failure)),
    };
    let printer = Printer::new(&args.global, log);
    let exit = match started.and_then(|()| commands::run(args, &printer)) {
        Ok(exit) => exit,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit()
        }
    };
    exit.into()
}
