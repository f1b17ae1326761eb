//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use jobq_adapters::clock::SystemClock;
use jobq_core::human::parse_instant;
use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;

use crate::commands::{
    batch, deploy, destroy, dlq, doctor, drain, init, limit, man, push, queue, run, serve, status, synth,
};
use crate::exit;

/// Run files of API calls under an exact limit
#[derive(Debug, Parser)]
#[command(version, after_help = exit::TABLE, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Use this configuration [default: jobq.toml, or $JOBQ_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Keep the queue in this folder [default: the configuration's, or .jobq]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Use this backend [default: the configuration's, $JOBQ_BACKEND, or local]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) backend: Option<String>,
    /// Print one JSON object, or JSON Lines, on standard output and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no progress and no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it all in 20 seconds: a pipeline of four queues against a mock API with a limit
    Demo,
    /// Write a commented jobq.toml
    Init(init::Args),
    /// Push a file, drain it, wait for the end: one file, no configuration
    Run(run::Args),
    /// Send the tasks of a file to a queue
    Push(push::Args),
    /// Serve a limit's queues in the foreground
    Drain(drain::Args),
    /// Serve all queues of this machine for as long as it runs: drainers come and go with the work
    Serve(serve::Args),
    /// Show whether it keeps up: queues, limits, batches
    Status(status::Args),
    /// Look at queues
    #[command(subcommand)]
    Queue(queue::Command),
    /// Look at limits, and steer them: pause, resume, another pace for a while
    #[command(subcommand)]
    Limit(limit::Command),
    /// Look at batches, wait for their end, cancel them
    #[command(subcommand)]
    Batch(batch::Command),
    /// Look at dead letters, send them back, drop them
    #[command(subcommand)]
    Dlq(dlq::Command),
    /// Print the CloudFormation template of jobq.toml
    Synth(synth::Args),
    /// Make the stack on AWS, or change it to what jobq.toml says
    Deploy(deploy::Args),
    /// End the stack on AWS; queues, dead letters, ledger and results stay
    Destroy(destroy::Args),
    /// Say what is wrong with this setup, and what to type
    Doctor(doctor::Args),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of jobq, or write one for every command
    Man(man::Args),
}

/// Reads a point in time, its error as one line: `2h` and `2h ago` alike, or as it is written in output.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    let text = text.strip_suffix(" ago").unwrap_or(text);
    parse_instant(text, SystemClock::new().now()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod pages;
