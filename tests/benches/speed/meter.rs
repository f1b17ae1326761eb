//! What a process used: time, CPU and peak memory.
//!
//! The system tells CPU and peak memory of a process's ended children all together, the peak as the largest of
//! them. So each measured program gets a meter of its own: this benchmark once more, with no other child.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde_json::{Value, json};

use crate::bare;

/// What a process used from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of CPU, in the program and in the kernel for it, over all threads.
    pub(crate) cpu: f64,
    /// Bytes of memory at the most.
    pub(crate) peak: f64,
}

impl Usage {
    /// How many of `count` things were done in a second.
    pub(crate) fn rate(&self, count: usize) -> f64 {
        count as f64 / self.wall
    }

    /// Seconds of CPU for 10,000 of `count` things.
    pub(crate) fn cpu_per_10_000(&self, count: usize) -> f64 {
        self.cpu / count as f64 * 10_000.0
    }
}

/// A process under its meter.
pub(crate) struct Running {
    meter: Child,
}

/// Starts a program in `folder`; its output is dropped, but for errors.
pub(crate) fn start<S: AsRef<OsStr>>(
    folder: &Path,
    program: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Running> {
    start_with(folder, [], program, arguments)
}

/// Starts a program with these environment variables besides.
pub(crate) fn start_with<S: AsRef<OsStr>>(
    folder: &Path,
    variables: impl IntoIterator<Item = (&'static str, String)>,
    program: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Running> {
    let mut meter = Command::new(env::current_exe()?);
    meter.arg(bare::METER).arg(program).args(arguments).current_dir(folder);
    meter.env_remove("JOBQ_CONFIG").env_remove("JOBQ_BACKEND").envs(variables);
    let meter = meter.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    Ok(Running { meter })
}

/// Runs a program in `folder` to its end.
pub(crate) fn run<S: AsRef<OsStr>>(
    folder: &Path,
    program: &Path,
    arguments: impl IntoIterator<Item = S>,
) -> Result<Usage> {
    start(folder, program, arguments)?.wait()
}

impl Running {
    /// Waits for the end.
    pub(crate) fn wait(self) -> Result<Usage> {
        let output = self.meter.wait_with_output()?;
        ensure!(output.status.success(), "a measured program failed");
        let read: Value = serde_json::from_slice(&output.stdout)?;
        let figure = |name: &str| read[name].as_f64().with_context(|| format!("no {name} in {read}"));
        Ok(Usage { wall: figure("wall")?, cpu: figure("cpu")?, peak: figure("peak")? })
    }
}

/// The role this process was started for and its arguments, unless it is the benchmark.
pub(crate) fn role(arguments: &[String]) -> Option<(&str, &[String])> {
    let (first, rest) = arguments.split_first()?;
    first.starts_with("as:").then_some((first, rest))
}

/// The meter itself: runs the command it was given and says what it used.
pub(crate) fn meter(command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().context("a meter needs a command")?;
    let mut measured = Command::new(program);
    measured.args(arguments).stdout(Stdio::null());
    let begun = Instant::now();
    let status = measured.status().with_context(|| format!("start {}", program.display()))?;
    let wall = begun.elapsed().as_secs_f64();
    ensure!(status.success(), "{command:?}: {status}");
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = seconds(used.user_time()) + seconds(used.system_time());
    // Linux counts it in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1.0 } else { 1024.0 };
    let peak = used.max_rss() as f64 * unit;
    println!("{}", json!({ "wall": wall, "cpu": cpu, "peak": peak }));
    Ok(())
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
