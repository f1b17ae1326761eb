//! Pushing a file or standard input, with progress, refused lines and a summary; used by `push` and `run`.

mod recurring;
mod view;

use std::fmt;
use std::io::{self, BufReader};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanCount;
use jobq_adapters::clock::SystemClock;
use jobq_core::batch::NewBatch;
use jobq_core::config::backend::Backend;
use jobq_core::event::batches::{BatchPushed, TasksSent};
use jobq_core::human;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::chunk::Limits;
use jobq_core::ports::clock::Clock;
use jobq_core::queue::Queue;
use jobq_core::stack::LONGEST_DELAY;
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;
use jobq_core::zone;
use jobq_producer::counts::Notice;
use jobq_producer::dedupe::{Dedupe, LONGEST, Sameness};
use jobq_producer::draft::Defaults;
use jobq_producer::format::{FormatName, Reading};
use jobq_producer::push::{BadLines, Order, PushError, Pushed, push};
use jobq_producer::source::{Source, SourceError};
use jobq_producer::survey::{Survey, survey};
use jobq_producer::template::Template;
use serde::Serialize;
use tokio::sync::Notify;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::store::Store;
use crate::traces;
use view::View;

/// How to read a source, and what to make of it.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Reading the file")]
pub(crate) struct SourceArgs {
    /// Read the file as jsonl, csv or urls [default: found out from its name and first bytes]
    #[arg(long, value_name = "FORMAT", value_parser = parse::<FormatName>)]
    format: Option<FormatName>,
    /// Make each row's url by filling a csv file's columns into this template: 'https://api/x/{id}'
    #[arg(long, value_name = "TEMPLATE", value_parser = parse::<Template>)]
    url: Option<Template>,
    /// Make each row's task id by filling a csv file's columns into this template [default: batch and line]
    #[arg(long, value_name = "TEMPLATE", value_parser = parse::<Template>)]
    id: Option<Template>,
    /// Name the batch [default: the file's name and a digest of its content]
    #[arg(long, value_name = "NAME", value_parser = parse::<BatchId>)]
    pub(crate) batch: Option<BatchId>,
    /// Make a new batch, though the file was pushed before
    #[arg(long)]
    again: bool,
    /// Send nothing if any line is bad
    #[arg(long)]
    strict: bool,
    /// Serve the tasks before or after others of the queue: high, normal or bulk [default: normal; bulk for a large push]
    #[arg(long, value_name = "PRIORITY", value_parser = parse::<Priority>)]
    priority: Option<Priority>,
    /// Let the tasks wait this long first, like 10m
    #[arg(long, value_name = "TIME", value_parser = human::parse_duration, allow_hyphen_values = true)]
    delay: Option<Duration>,
    /// Call no task before this instant, like 2026-11-27T09:00:00+01:00 or '2026-11-27T09:00 Europe/Berlin'
    #[arg(long, value_name = "INSTANT", value_parser = zone::instant, conflicts_with = "delay")]
    at: Option<Timestamp>,
    /// Leave out tasks whose like is in the batch already, by id or content (method, url, headers, body)
    #[arg(long, value_name = "WAY", value_parser = parse::<Sameness>)]
    dedupe: Option<Sameness>,
    /// Leave out tasks too whose like was sent to the queue with this option, for this long since then: 1d, at most 90d
    #[arg(long, value_name = "TIME", value_parser = remembered, requires = "dedupe")]
    dedupe_for: Option<Duration>,
    /// Check and count, send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A source that is ready to be pushed.
pub(crate) struct Prepared {
    source: Source,
    /// How the source is called in messages.
    name: String,
    /// Whether its bad lines were told already: `run` reads it twice.
    told: bool,
    /// Told when the first tasks have arrived.
    begun: Arc<Notify>,
    pub(crate) order: Order,
}

/// What a push did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PushReport {
    batch: String,
    queue: String,
    /// How many tasks this push has sent.
    pub(crate) sent: u64,
    /// How many it left out because their like was sent before.
    duplicates: u64,
    refused: u64,
    /// How many of these tasks were dead letters when they were written down.
    letters: u64,
    /// How many of these tasks went to bulk because there are so many of them.
    to_bulk: u64,
    /// How many lines an earlier push of the same batch had read.
    resumed_after: Option<u64>,
    /// Whether the earlier push had sent everything.
    complete_before: bool,
}

impl SourceArgs {
    /// A batch of this name, its tasks as urgent as this.
    pub(crate) fn of_batch(batch: BatchId, priority: Priority) -> Self {
        Self { batch: Some(batch), priority: Some(priority), ..Self::default() }
    }

    /// Opens the source, and names its batch.
    pub(crate) fn prepare(
        &self,
        path: &Path,
        queue: Option<&Queue>,
        backend: Backend,
    ) -> Result<Prepared, Failure> {
        let source = self.open(path)?;
        // The queue of a run has one batch, and nobody who could wait behind it.
        let bulk_above = queue.and_then(|queue| queue.bulk_above).filter(|_| self.priority.is_none());
        let queue = queue.map(|queue| &queue.name);
        let now = SystemClock::new().now();
        let suffix = format!("{:06x}", fastrand::u32(..) >> 8);
        let told = self.batch.as_ref().map_or_else(|| suffix.clone(), ToString::to_string);
        let fingerprint = source.fingerprint(&told)?;
        let stem = if source.is_file() { path.file_stem().and_then(|stem| stem.to_str()) } else { None };
        let stem = stem.unwrap_or("stdin");
        // A file may go to several queues, and is a batch in each.
        let stem = queue.map_or_else(|| stem.to_owned(), |queue| format!("{queue}.{stem}"));
        let id = match (&self.batch, self.again) {
            (Some(batch), false) => Ok(batch.clone()),
            (Some(batch), true) => format!("{batch}-{suffix}").parse(),
            (None, false) => fingerprint.batch(&stem),
            (None, true) => fingerprint.batch_again(&stem, &suffix),
        };
        let id: BatchId = id.map_err(|error| Failure::usage(error.to_string()))?;
        let queue = queue.map_or_else(|| queue_of(&id, backend), |queue| Ok(queue.clone()))?;
        let batch = NewBatch { id, queue, source: fingerprint.to_string(), created_at: now };
        let defaults = Defaults {
            priority: self.priority.unwrap_or_default(),
            delay: self.delay.unwrap_or_default(),
            at: self.at,
        };
        let bad_lines = if self.strict { BadLines::Stop } else { BadLines::Skip };
        let (limits, longest_delay) = (limits_of(backend), longest_delay(backend));
        let dedupe = self.dedupe.map(|by| Dedupe { by, lasting: self.dedupe_for });
        let order =
            Order { batch, defaults, bulk_above, limits, longest_delay, bad_lines, tracing: None, dedupe };
        Ok(Prepared { source, name: shown(path), told: false, begun: Arc::default(), order })
    }

    fn open(&self, path: &Path) -> Result<Source, Failure> {
        let reading = Reading { format: self.format, url: self.url.clone(), id: self.id.clone() };
        let source = if path == Path::new("-") {
            Source::stream(Box::new(BufReader::with_capacity(1 << 18, io::stdin())), reading)
        } else {
            Source::file(path, reading)
        };
        source.map_err(|error| named(&shown(path), error))
    }
}

impl Prepared {
    /// Reads and checks everything, sends nothing.
    pub(crate) fn survey(&mut self, printer: Printer) -> Result<Survey, Failure> {
        let mut view = View::new(printer, self);
        let surveyed = survey(&self.order, &mut self.source, &mut |notice| view.take(&notice));
        view.end();
        self.told = true;
        surveyed.map_err(|error| named(&self.name, error))
    }

    /// Is told when the first tasks have arrived.
    pub(crate) fn begun(&self) -> Arc<Notify> {
        Arc::clone(&self.begun)
    }

    /// Sends what wasn't sent before.
    pub(crate) async fn push(&mut self, store: &Store, printer: Printer) -> Result<PushReport, Failure> {
        let mut view = View::new(printer, self);
        let clock = SystemClock::new();
        let (begun, queue) = (Arc::clone(&self.begun), self.order.batch.queue.clone());
        let mut notify = |notice: Notice| {
            if let Notice::Progress { counts, .. } = &notice {
                begun.notify_one();
                printer.tell(&TasksSent { queue: queue.clone(), count: counts.tasks });
            }
            view.take(&notice);
        };
        let spans = traces::open(printer);
        self.order.tracing = traces::of_push(printer);
        let pushed = push(store, &clock, &spans, &self.order, &mut self.source, &mut notify).await;
        view.end();
        traces::close(&spans, printer);
        let pushed = pushed.map_err(|error| self.named(error))?;
        printer.tell(&BatchPushed {
            batch: self.order.batch.id.clone(),
            queue: self.order.batch.queue.clone(),
            sent: pushed.counts.tasks,
            duplicates: pushed.counts.duplicates,
            refused: pushed.counts.refused,
        });
        Ok(self.report(&pushed))
    }

    fn named(&self, error: PushError) -> Failure {
        match error {
            PushError::Source(error) => named(&self.name, error),
            other => other.into(),
        }
    }

    fn report(&self, pushed: &Pushed) -> PushReport {
        PushReport {
            batch: self.order.batch.id.to_string(),
            queue: self.order.batch.queue.to_string(),
            sent: pushed.counts.tasks,
            duplicates: pushed.counts.duplicates,
            refused: pushed.counts.refused,
            letters: pushed.counts.letters,
            to_bulk: pushed.counts.to_bulk,
            resumed_after: pushed.resumed.as_ref().map(|mark| mark.lines),
            complete_before: pushed.resumed.as_ref().is_some_and(|mark| mark.complete),
        }
    }
}

impl PushReport {
    /// Whether every line was good.
    pub(crate) fn is_clean(&self) -> bool {
        self.refused == 0
    }

    /// Whether there was nothing left to send.
    pub(crate) fn was_complete(&self) -> bool {
        self.complete_before
    }

    /// Whether somebody else has sent all of it.
    pub(crate) fn is_anothers(&self) -> bool {
        self.complete_before || (self.sent == 0 && self.duplicates > 0)
    }
}

impl fmt::Display for PushReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batch, queue, sent, duplicates, refused, .. } = self;
        if self.complete_before {
            return write!(
                f,
                "{batch} was pushed before, whole: nothing was sent (--again makes a new batch)"
            );
        }
        write!(f, "pushed {} to {queue} as {batch}", human::counted(*sent, "task"))?;
        if let Some(lines) = self.resumed_after {
            write!(f, ", going on after line {}", HumanCount(lines))?;
        }
        if *duplicates > 0 {
            write!(f, ", {} left out", human::counted(*duplicates, "duplicate"))?;
        }
        if *refused > 0 {
            write!(f, ", {} refused", HumanCount(*refused))?;
        }
        if self.to_bulk > 0 {
            let bulk = HumanCount(self.to_bulk);
            write!(f, "; {bulk} went to bulk, which lets smaller pushes pass: --priority normal doesn't")?;
        }
        if self.letters > 0 {
            let letters = HumanCount(self.letters);
            write!(f, "; {letters} came from dead letters, which stay: jobq dlq drop {queue} --from FILE")?;
        }
        Ok(())
    }
}

/// A source as it is called in messages.
fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// The failure of a source, with its name where the error doesn't hold it.
fn named(name: &str, error: SourceError) -> Failure {
    let has_name = matches!(error, SourceError::Io { .. } | SourceError::NotAFile(_) | SourceError::OnlyOnce);
    let mut failure = Failure::from(error);
    if !has_name {
        failure.message = format!("{name}: {}", failure.message);
    }
    failure
}

/// The queue of a batch that is run by itself. On AWS the stack's name comes before it and `-bulk` behind, and SQS
/// takes 80 letters in all.
fn queue_of(batch: &BatchId, backend: Backend) -> Result<QueueName, Failure> {
    let most = if backend == Backend::Aws { 48 } else { 60 };
    let name: String = batch.as_str().chars().take(most).collect();
    name.parse().map_err(|error: jobq_core::name::NameError| Failure::usage(error.to_string()))
}

/// What an outbox takes in one go: enough that its cost is shared, little enough that memory stays small and a
/// push cut short has lost little, or sent little twice.
fn limits_of(backend: Backend) -> Limits {
    let most = |number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
    match backend {
        Backend::Local => Limits { count: most(4_096), bytes: most(4 << 20) },
        // A hundred requests, and one write to the ledger. No message is larger than SQS takes.
        Backend::Aws => Limits { count: most(1_000), bytes: most(1 << 20) },
    }
}

/// The longest delay a backend can make in one go, if not any: a longer one takes several.
pub(crate) fn longest_delay(backend: Backend) -> Option<Duration> {
    match backend {
        Backend::Local => None,
        Backend::Aws => Some(LONGEST_DELAY),
    }
}

/// Reads for how long tasks are remembered.
fn remembered(text: &str) -> Result<Duration, String> {
    let length = human::positive(text)?;
    if length > LONGEST {
        return Err(format!("tasks are remembered for at most {}", human::duration(LONGEST)));
    }
    Ok(length)
}

/// Reads an argument, its error as one line.
pub(crate) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, String>
where
    T::Err: fmt::Display,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A file's name without its ending, for names made from it.
pub(crate) fn results_beside(path: &Path) -> PathBuf {
    let stem = path.file_stem().filter(|_| path != Path::new("-")).unwrap_or_else(|| "stdin".as_ref());
    let mut name = stem.to_owned();
    name.push(".results.jsonl");
    path.with_file_name(name)
}
