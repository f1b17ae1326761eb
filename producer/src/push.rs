//! The push: reads a source and sends its tasks, load by load.

use std::io::BufRead;
use std::num::NonZeroU32;
use std::time::Duration;

use futures::join;
use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::fault::Fault;
use jobq_core::human::counted;
use jobq_core::likeness::Once;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::chunk::Limits;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::ports::spans::Spans;
use jobq_core::settlement::{LARGEST_ENVELOPE, Parcel};
use jobq_core::time::Timestamp;

use crate::counts::{Counts, Notice};
use crate::courier::Courier;
use crate::dedupe::{Dedupe, Met};
use crate::draft::Defaults;
use crate::large::Large;
use crate::load::Loader;
use crate::pack::{Packed, Packer};
use crate::source::{Source, SourceError};
use crate::survey::survey;
use crate::traced::Tracing;

/// What to push, and how.
#[derive(Debug, Clone)]
pub struct Order {
    /// The batch to make, or to go on with.
    pub batch: NewBatch,
    /// What holds for tasks whose line doesn't say it.
    pub defaults: Defaults,
    /// A source of more tasks than this goes to bulk, but for tasks whose line says a priority. Set it only where the
    /// push says none: otherwise the push's own would be passed over.
    pub bulk_above: Option<NonZeroU32>,
    /// What the outbox takes in one go.
    pub limits: Limits,
    /// The longest delay the outbox takes, if it doesn't take any.
    pub longest_delay: Option<Duration>,
    /// What becomes of the good lines if there are bad ones.
    pub bad_lines: BadLines,
    /// How its tasks are traced, if they are.
    pub tracing: Option<Tracing>,
    /// Which tasks are left out, if any.
    pub dedupe: Option<Dedupe>,
}

/// What becomes of the good lines of a source that has bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadLines {
    /// They are sent.
    #[default]
    Skip,
    /// Nothing is sent. The source is read twice, so it must be a file.
    Stop,
}

/// A push that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What this run read and sent.
    pub counts: Counts,
    /// Where an earlier run of the same push had come. If that was complete, this run sent nothing.
    pub resumed: Option<Mark>,
}

/// A push that didn't come to its end. What was sent is in the queue, and pushing again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The source can't be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// [`BadLines::Stop`] of a stream.
    #[error(
        "strict checks all lines before it sends any, and standard input can be read only once: save it to a file first"
    )]
    StrictStream,
    /// [`BadLines::Stop`], and there are some.
    #[error("refused {}, so nothing was sent", counted(*refused, "line"))]
    Refused {
        /// How many.
        refused: u64,
    },
    /// The batch's name is taken.
    #[error(
        "the batch {batch} was made from another source or for another queue: choose another name, or use --again"
    )]
    Foreign {
        /// The name.
        batch: BatchId,
    },
    /// The outbox failed, for good or for too long.
    #[error(transparent)]
    Outbox(#[from] Fault),
}

/// Sends the tasks of a source that the batch doesn't have yet.
///
/// While one load is on its way, the next one is made; so an outbox that works on a thread of its own costs
/// no time here. Dropping the future is safe: the batch's mark says what was sent.
pub async fn push<O: Outbox + Singles, C: Clock, S: Spans>(
    outbox: &O,
    clock: &C,
    spans: &S,
    order: &Order,
    source: &mut Source,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<Pushed, PushError> {
    if order.bad_lines == BadLines::Stop {
        check_all(order, source, notify)?;
    }
    let bytes_total = source.bytes();
    // Before the batch is made: a source without the right columns leaves no batch behind.
    let large = Large::judge(order.bulk_above, source)?;
    let tasks = source.tasks()?;
    let batch = &order.batch;
    let once_for = order.dedupe.and_then(|dedupe| dedupe.lasting);
    let courier = Courier { outbox, clock, batch, longest_delay: order.longest_delay, once_for };
    let resumed = match courier.open().await? {
        Opened::New => None,
        Opened::Resumed(mark) => Some(mark),
        Opened::Foreign => {
            return Err(PushError::Foreign { batch: batch.id.clone() });
        }
    };
    let mark = resumed.clone().unwrap_or_default();
    // Within one source nobody need be asked. What lasts longer than the batch is remembered where its tasks go.
    let met = order.dedupe.filter(|dedupe| dedupe.lasting.is_none()).map(|_| Met::default());
    let packer = order.packer();
    let loader = Loader::new(tasks, large, packer, order.limits, mark, met).map_err(SourceError::from)?;
    let teller = Teller { spans, tracing: order.tracing.filter(|_| spans.is_on()) };
    let counts =
        send_all(&courier, loader, &teller, |counts| Notice::Progress { counts, bytes_total }, notify)
            .await?;
    Ok(Pushed { counts, resumed })
}

/// Sends load after load, making the next one while one is on its way.
async fn send_all<O: Outbox + Singles, C: Clock, S: Spans, R: BufRead + Send>(
    courier: &Courier<'_, O, C>,
    mut loader: Loader<R>,
    teller: &Teller<'_, S>,
    progress: impl Fn(Counts) -> Notice,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<Counts, PushError> {
    let start = loader.mark().clone();
    let mut counts = Counts { lines: start.lines, ..Counts::default() };
    let mut waiting = loader.next(notify).map_err(SourceError::from)?;
    let mut known_before = 0;
    while let Some(load) = waiting {
        let read = Counts {
            lines: load.mark.lines,
            tasks: counts.tasks,
            letters: load.letters,
            duplicates: load.duplicates,
            to_bulk: load.to_bulk,
            refused: load.mark.refused - start.refused,
            bytes: load.bytes,
        };
        let (parcels, begun) = (teller.told(&load.parcels), courier.clock.now());
        let (arrived, made) = join!(courier.send(load), async { loader.next(notify) });
        let ends = arrived?;
        teller.tell(&courier.batch.queue, &sent_of(parcels, &ends), begun, courier.clock.now());
        let sent = ends.iter().filter(|end| **end == Once::Sent).count();
        known_before += (ends.len() - sent) as u64;
        counts =
            Counts { tasks: read.tasks + sent as u64, duplicates: read.duplicates + known_before, ..read };
        notify(progress(counts));
        waiting = made.map_err(SourceError::from)?;
    }
    Ok(counts)
}

/// Those that were sent.
fn sent_of(parcels: Vec<Parcel>, ends: &[Once]) -> Vec<Parcel> {
    parcels.into_iter().zip(ends).filter(|(_, end)| **end == Once::Sent).map(|(parcel, _)| parcel).collect()
}

/// Tells of what has arrived, if somebody wants to know.
struct Teller<'a, S> {
    spans: &'a S,
    tracing: Option<Tracing>,
}

impl<S: Spans> Teller<'_, S> {
    /// What will be told of, once it has arrived.
    fn told(&self, parcels: &[Packed]) -> Vec<Parcel> {
        let told = self.tracing.is_some().then(|| parcels.iter().map(|packed| packed.parcel.clone()));
        told.into_iter().flatten().collect()
    }

    fn tell(&self, queue: &QueueName, parcels: &[Parcel], begun: Timestamp, arrived: Timestamp) {
        let spans = self.tracing.map(|tracing| tracing.spans(queue, parcels, begun, arrived));
        spans.into_iter().flatten().for_each(|span| self.spans.record(span));
    }
}

/// Reads all of a source before any of it is sent, and stops if a line is bad.
fn check_all(
    order: &Order,
    source: &mut Source,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<(), PushError> {
    if !source.is_file() {
        return Err(PushError::StrictStream);
    }
    match survey(order, source, notify)?.counts.refused {
        0 => Ok(()),
        refused => Err(PushError::Refused { refused }),
    }
}

impl Order {
    pub(crate) fn packer(&self) -> Packer {
        Packer {
            batch: self.batch.id.clone(),
            defaults: self.defaults,
            pushed_at: self.batch.created_at,
            largest: LARGEST_ENVELOPE.min(self.limits.bytes.get()),
            longest_delay: self.longest_delay,
            tracing: self.tracing,
            sameness: self.dedupe.map(|dedupe| dedupe.by),
        }
    }
}
