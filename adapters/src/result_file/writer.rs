//! A thread that writes lines. All that waits for it goes into one write.
//!
//! A flush to disk costs the same for one line as for a thousand, and blocks: it has no place on the runtime.

use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};
use std::{fs, io};

use jobq_core::fault::Fault;
use tokio::sync::oneshot;

use super::failure::Failure;
use super::series::Series;
use super::tail::{Appended, Tail};

/// How many bytes go into one write at most, so that the first to come isn't kept waiting by the others.
const GROUP: usize = 4 << 20;

/// Lines to append, and whom to tell.
struct Job {
    lines: Vec<u8>,
    reply: oneshot::Sender<Result<(), Failure>>,
}

/// The handle on such a thread. Dropping it lets the thread finish its work and waits for that.
pub(super) struct Writer {
    place: std::path::PathBuf,
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts a thread that appends to a series of files of at most `max_file` bytes each.
    pub(super) fn start(series: Series, max_file: u64) -> Result<Self, Failure> {
        let place = series.place().to_owned();
        let mut files = Files { series, max_file, current: None };
        // Now rather than at the first answer, which has used up a call by then.
        files.current = Some(files.find()?);
        let (queue, jobs) = mpsc::channel();
        let thread = Builder::new().name("jobq-results".to_owned()).spawn(move || serve(files, &jobs))?;
        Ok(Self { place, queue: Some(queue), thread: Some(thread) })
    }

    /// Appends lines, and answers once they are on disk. Dropping the future doesn't stop it.
    pub(super) async fn append(&self, lines: Vec<u8>) -> Result<(), Fault> {
        let (reply, answer) = oneshot::channel();
        if let Some(queue) = &self.queue {
            // If the thread is gone, the job is dropped, and its reply with it.
            let _ = queue.send(Job { lines, reply });
        }
        let written = answer.await.unwrap_or_else(|_| Err(Failure::gone()));
        written.map_err(|failure| failure.fault(&self.place))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // In this order: the thread ends when nobody can send to it any more.
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported by the thread itself, and to everybody who waited for it.
            let _ = thread.join();
        }
    }
}

fn serve(mut files: Files, jobs: &mpsc::Receiver<Job>) {
    let mut lines = Vec::new();
    while let Ok(first) = jobs.recv() {
        lines.clear();
        lines.extend_from_slice(&first.lines);
        let mut waiting = vec![first.reply];
        while lines.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            lines.extend_from_slice(&job.lines);
            waiting.push(job.reply);
        }
        let written = files.append(&lines).map_err(Failure::from);
        for reply in waiting {
            // Nobody waits any more: what was written stays.
            let _ = reply.send(written.clone());
        }
    }
}

/// The files of a series, the current one open.
struct Files {
    series: Series,
    max_file: u64,
    current: Option<(u32, Tail)>,
}

impl Files {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        loop {
            let (number, mut tail) = match self.current.take() {
                Some(current) => current,
                None => self.find()?,
            };
            match tail.append(lines, self.max_file)? {
                Appended::Done => {
                    self.current = Some((number, tail));
                    return Ok(());
                }
                Appended::Full => self.current = Some(self.open(number.saturating_add(1))?),
                // Look again; each round somebody else has moved the file away once more.
                Appended::Lost => {}
            }
        }
    }

    /// Opens the latest file there is, or the first.
    fn find(&self) -> io::Result<(u32, Tail)> {
        fs::create_dir_all(self.series.folder())?;
        self.open(self.series.latest()?)
    }

    fn open(&self, number: u32) -> io::Result<(u32, Tail)> {
        Ok((number, Tail::open(self.series.file(number))?))
    }
}
