//! `jobq demo`: a pipeline of four queues against a mock API at exactly its limit.

use std::fmt;
use std::num::NonZeroU32;
use std::path::Path;

use jobq_adapters::clock::SystemClock;
use jobq_core::letter::Letter;
use jobq_core::limit::Limit;
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::queue::Queue;
use jobq_core::task::Priority;
use jobq_drainer::plan::Until;
use jobq_producer::letters::look::look;

use super::drain::DrainReport;
use crate::demo::mock_api::MockApi;
use crate::demo::pipeline::{Pipeline, batch};
use crate::demo::report::{DemoReport, Shown};
use crate::demo::watching::{Stage, Watched};
use crate::draining::{self, Drained, STOPPING, Work};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::finishing::Finishing;
use crate::printer::Printer;
use crate::progress::Goal;
use crate::project::Project;
use crate::pushing::SourceArgs;
use crate::readings::batches::BatchReading;
use crate::signals::{Stop, stop_on_signals};
use crate::store::Store;

/// What the mock API allows.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(75).unwrap();

/// How many drainers share the limit, each with the slots of a second in turn.
const DRAINERS: u16 = 2;

/// What the batch of the pipeline is called.
const BATCH: &str = "nightly";

/// Runs the demo in a folder that is gone afterwards.
pub(crate) async fn run(printer: Printer) -> Result<Exit, Failure> {
    // Before there is a folder: from here on whoever stops it leaves nothing behind.
    // What is drawn in place is over in a moment, and would be drawn over a note.
    let told_by = if printer.draws() { printer.hushed() } else { printer };
    let (stop, listening) = stop_on_signals(told_by, STOPPING)?;
    let folder = tempfile::tempdir().map_err(|error| failed("make a folder", &error))?;
    let api = MockApi::bind(PER_SECOND).await.map_err(|error| failed("start the mock API", &error))?;
    let report = tokio::select! {
        report = play(folder.path(), &api, &stop, printer) => report?,
        () = api.serve() => return Err(Failure::failed("the mock API has ended")),
        () = listening => return Err(Failure::failed("nobody listens to signals any more")),
    };
    printer.data(&report)?;
    Ok(report.exit())
}

/// Pushes the one call that all others grow from and drains them, as `jobq push` and `jobq drain` do.
async fn play(folder: &Path, api: &MockApi, stop: &Stop, printer: Printer) -> Result<DemoReport, Failure> {
    let address = api.address().map_err(|error| failed("start the mock API", &error))?;
    let pipeline = Pipeline::write(folder, address, PER_SECOND);
    let pipeline = pipeline.map_err(|error| failed("write the pipeline", &error))?;
    let project = Project::written(pipeline.config.clone(), printer)?;
    let store = project.store().await?;
    printer
        .note(format_args!("a mock Hermes API at {address} answers 429 above {PER_SECOND} calls a second"));
    printer.note("four queues share one limit, and answers make the tasks of the next queue:");
    pipeline.excerpt().for_each(|line| printer.note(format_args!("  {line}")));
    let batch = batch(BATCH)?;
    push(&pipeline, &project, &store, &batch, printer).await?;
    let stage = Stage { pipeline: &pipeline, project: &project, store: &store, api, batch: &batch, printer };
    let mut watched = Watched::new(&stage)?;
    let limit = project.limit(None)?;
    let drained = drain(&stage, limit, &mut watched, stop).await?;
    watched.look(&stage).await?;
    let summary = store.batch(&batch).await?.ok_or_else(|| Failure::failed("the batch is gone"))?;
    DemoReport::new(Shown {
        limit,
        allowed: PER_SECOND,
        api: api.counted(),
        drain: DrainReport::new(limit, drained),
        batch: BatchReading::new(&summary, SystemClock::new().now()),
        watched: &watched,
        results: &pipeline.results,
        dead_letters: dead_letters(&stage).await?,
    })
}

async fn push(
    pipeline: &Pipeline,
    project: &Project,
    store: &Store,
    batch: &BatchId,
    printer: Printer,
) -> Result<(), Failure> {
    printer.note(format_args!("$ jobq push warriors start.txt --batch {batch}"));
    let args = SourceArgs::of_batch(batch.clone(), Priority::Normal);
    let mut prepared = args.prepare(&pipeline.start, Some(project.queue("warriors")?), project.backend)?;
    printer.note(prepared.push(store, printer.hushed()).await?);
    Ok(())
}

/// Drains all queues while it is watched.
async fn drain(
    stage: &Stage<'_>,
    limit: &Limit,
    watched: &mut Watched,
    stop: &Stop,
) -> Result<Drained, Failure> {
    let Stage { project, store, printer, .. } = *stage;
    printer.note(format_args!("$ jobq drain --drainers {DRAINERS} --until-empty"));
    let queues: Vec<Queue> = project.config.queues_of(&limit.name).cloned().collect();
    let work = Work {
        limit: limit.clone(),
        results: project.results(&queues).await?,
        queues,
        drainers: DRAINERS,
        until: Until::Empty,
        // What is watched is shown.
        goal: Goal { tasks: 0, ended: 0, pace: limit.pace },
        finishing: Finishing::new(project.config.queues.values(), project, store, printer)?,
        metrics: None,
    };
    if stop.is_asked() {
        return Err(Failure::failed("it was stopped before it began"));
    }
    let secrets = project.secrets().await?;
    tokio::select! {
        drained = draining::run(work, store.clone(), secrets, printer.hushed()) => drained,
        watched = watched.watch(stage) => match watched? {},
    }
}

async fn dead_letters(stage: &Stage<'_>) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for queue in stage.project.config.queues.keys() {
        look(stage.store, queue, &mut |_, letter| lines.push(line(letter)), &|| true).await?;
    }
    Ok(lines)
}

fn line(letter: &Letter) -> String {
    let url = letter.envelope().map_or("-", |envelope| envelope.request.url.as_str());
    format!("{url}  {}: {}", letter.kind(), letter.detail())
}

fn failed(what: &str, error: &dyn fmt::Display) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}
