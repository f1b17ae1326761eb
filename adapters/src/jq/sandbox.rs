//! Keeps the processes that run programs: asks them, and ends those that take too long.

use std::io;
use std::os::unix::process::ExitStatusExt;
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

/// How many times a job is asked for again whose process was gone for no known reason: all that wait may be gone at once.
const RETRIES: usize = MOST + 1;

/// What faults are about.
const OPERATION: &str = "run jq programs";

/// How long a job is waited for at most: a process may have little of the processor, or may not come to it at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// The signal that ends a process which has used its time.
const OUT_OF_TIME: i32 = 24;

/// What a job may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How much of a processor's time its programs may use, all together; in whole seconds, from 1.
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
        let Bounds { time, memory } = self.bounds;
        command.arg(ARGUMENT).arg(memory.to_string()).arg(time.as_secs().max(1).to_string());
        command.env_clear().current_dir("/");
        // A group of its own: what interrupts this program is for this program to handle.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.kill_on_drop(true).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (input, output) = pipes.ok_or_else(|| io::Error::other("the process has no pipes"))?;
        Ok(Warm { child, input, output: BufReader::new(output) })
    }

    /// What became of a process that has not answered.
    async fn broken_off(&self, mut warm: Warm) -> Broken {
        let megabytes = self.bounds.memory >> 20;
        // It may be there still, and say what nobody can read.
        let _ = warm.child.start_kill();
        let mut last = Vec::new();
        if let Some(errors) = warm.child.stderr.take() {
            // The process is gone: what it has said is there, and ends.
            let _ = errors.take(4_096).read_to_end(&mut last).await;
        }
        let signal = warm.child.wait().await.ok().and_then(|status| status.signal());
        let last = String::from_utf8_lossy(&last);
        if signal == Some(OUT_OF_TIME) {
            Broken::ByItself(format!("it was broken off after {:?}", self.bounds.time))
        } else if last.contains("overflowed its stack") {
            Broken::ByItself("it calls itself too deep".to_owned())
        } else if last.contains("memory allocation") {
            Broken::ByItself(format!("it needs more than {megabytes} MiB of memory"))
        } else {
            Broken::Somehow(format!(
                "it brought down the process it ran in, with at most {megabytes} MiB of memory"
            ))
        }
    }

    /// Has a job done by one process.
    async fn attempt(&self, message: &[u8]) -> io::Result<Result<Result<Made, Failed>, Unanswered>> {
        let mut warm = self.warm()?;
        let mut at = (0, 0);
        let broken = match tokio::time::timeout(PATIENCE, warm.ask(message, &mut at)).await {
            Ok(Ok(done)) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(warm);
                return Ok(Ok(done));
            }
            Ok(Err(_)) => self.broken_off(warm).await,
            // A program that works uses its time up sooner: this one has not come to the processor.
            Err(_) => {
                let cause = format!("a process had too little of the processor for {PATIENCE:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, cause));
            }
        };
        Ok(Err(Unanswered { broken, at }))
    }
}

/// Why a job has no end of its own.
enum Broken {
    /// Its programs did that, and would again.
    ByItself(String),
    /// Nobody knows: somebody may have ended the process from outside, while it waited even.
    Somehow(String),
}

/// A job that a process has not answered.
struct Unanswered {
    broken: Broken,
    /// How far it was: the chain, and the link in it.
    at: (usize, usize),
}

impl Jq for Sandbox {
    async fn run(&self, job: &Job) -> Result<Result<Made, Failed>, Fault> {
        let fault = |error: io::Error| Fault::new(FaultKind::Passing, OPERATION).caused_by(error);
        let _permit = self.free.acquire().await.map_err(|error| fault(io::Error::other(error)))?;
        let asked = serde_json::to_vec(&Asked::new(job)).map_err(|error| fault(error.into()))?;
        let mut message = framed(&asked).map_err(fault)?;
        message.extend(framed(&job.input).map_err(fault)?);
        for _ in 0..RETRIES {
            match self.attempt(&message).await.map_err(fault)? {
                Ok(done) => return Ok(done),
                Err(Unanswered { broken: Broken::Somehow(_), .. }) => {}
                Err(unanswered) => return Ok(Err(unanswered.failed())),
            }
        }
        Ok(self.attempt(&message).await.map_err(fault)?.unwrap_or_else(|last| Err(last.failed())))
    }
}

impl Unanswered {
    fn failed(self) -> Failed {
        let (Broken::ByItself(said) | Broken::Somehow(said)) = self.broken;
        let (chain, link) = self.at;
        Failed::BrokenOff { chain, link, said }
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
