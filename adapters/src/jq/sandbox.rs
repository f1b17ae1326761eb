//! Keeps the processes that run programs: asks them, and ends those that take too long.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::jq::{Failed, Job, Made};
use jobq_core::ports::jq::Jq;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

use super::child::ARGUMENT;
use super::frame::{Asked, Said, framed, length};

/// How many of them there are at most.
const MOST: usize = 2;

/// What faults are about.
const OPERATION: &str = "run jq programs";

/// What a job may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How long its programs may run, all together.
    pub time: Duration,
    /// How much memory they may have, in bytes.
    pub memory: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { time: Duration::from_secs(2), memory: 256 << 20 }
    }
}

/// Runs programs in processes of their own, which are kept for the next job. They end with the handle.
pub struct Sandbox {
    program: PathBuf,
    bounds: Bounds,
    idle: Mutex<Vec<Warm>>,
    free: Semaphore,
}

/// A process that waits for a job.
struct Warm {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Sandbox {
    /// Runs programs by this file, which is a program that asks [`super::child::serve_if_asked`] first: a program's own,
    /// as a rule. Starts nothing yet.
    pub fn of(program: PathBuf, bounds: Bounds) -> Self {
        Self { program, bounds, idle: Mutex::default(), free: Semaphore::new(MOST) }
    }

    fn warm(&self) -> io::Result<Warm> {
        if let Some(warm) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(warm);
        }
        let mut command = Command::new(&self.program);
        command.arg(ARGUMENT).arg(self.bounds.memory.to_string()).env_clear().current_dir("/");
        // A group of its own: what interrupts this program is for this program to handle.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.kill_on_drop(true).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| io::Error::other("the process has no pipes"))?;
        Ok(Warm { child, input, output: BufReader::new(output) })
    }

    async fn broken_off(&self, why: Why, mut warm: Warm) -> String {
        let megabytes = self.bounds.memory >> 20;
        if why == Why::Late {
            return format!("it was broken off after {:?}", self.bounds.time);
        }
        let mut last = Vec::new();
        if let Some(errors) = warm.child.stderr.take() {
            // The process is gone: what it has said is there, and ends.
            let _ = errors.take(4_096).read_to_end(&mut last).await;
        }
        let last = String::from_utf8_lossy(&last);
        if last.contains("overflowed its stack") {
            "it calls itself too deep".to_owned()
        } else if last.contains("memory allocation") {
            format!("it needs more than {megabytes} MiB of memory")
        } else {
            format!("it brought down the process it ran in, with at most {megabytes} MiB of memory")
        }
    }
}

/// Why a job has no end of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Late,
    Gone,
}

impl Jq for Sandbox {
    async fn run(&self, job: &Job) -> Result<Result<Made, Failed>, Fault> {
        let fault = |error: io::Error| Fault::new(FaultKind::Passing, OPERATION).caused_by(error);
        let _permit = self.free.acquire().await.map_err(|error| fault(io::Error::other(error)))?;
        let asked = serde_json::to_vec(&Asked::new(job)).map_err(|error| fault(error.into()))?;
        let mut message = framed(&asked).map_err(fault)?;
        message.extend(framed(&job.input).map_err(fault)?);
        let mut warm = self.warm().map_err(fault)?;
        let mut at = (0, 0);
        let why = match tokio::time::timeout(self.bounds.time, warm.ask(&message, &mut at)).await {
            Ok(Ok(done)) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(warm);
                return Ok(done);
            }
            Ok(Err(_)) => Why::Gone,
            Err(_) => Why::Late,
        };
        let said = self.broken_off(why, warm).await;
        Ok(Err(Failed::Program { chain: at.0, link: at.1, item: None, said, excerpt: String::new() }))
    }
}

impl Warm {
    /// Asks for a job and waits for its end; `at` tells how far it is.
    async fn ask(&mut self, message: &[u8], at: &mut (usize, usize)) -> io::Result<Result<Made, Failed>> {
        self.input.write_all(message).await?;
        loop {
            let mut begins = [0; 4];
            self.output.read_exact(&mut begins).await?;
            let mut body = vec![0; length(begins)?];
            self.output.read_exact(&mut body).await?;
            let said: Said = serde_json::from_slice(&body)?;
            if let Said::At(chain, link) = said {
                *at = (chain, link);
            } else if let Some(end) = said.end() {
                return Ok(end);
            }
        }
    }
}
