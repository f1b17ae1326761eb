//! Draining on this machine: drainers side by side in one process, with progress, until told to stop.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::future::try_join_all;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_adapters::log::lines::LogLines;
use jobq_core::event::drainers::DrainBegun;
use jobq_core::fault::Fault;
use jobq_core::limit::Limit;
use jobq_core::name::DrainerId;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::queue::Queue;
use jobq_drainer::drain;
use jobq_drainer::plan::{Plan, Until};
use jobq_drainer::summary::Summary;

use crate::exposing::{self, Exposed};
use crate::failure::Failure;
use crate::finishing::Finishing;
use crate::meter::Meter;
use crate::printer::Printer;
use crate::programs;
use crate::progress::{self, Goal};
use crate::recorder::Recorder;
use crate::results::Results;
use crate::secrets::SecretSource;
use crate::signals::stop_on_signals;
use crate::store::Store;
use crate::traces;
use crate::world::DrainWorld;

/// What a first signal is answered with.
pub(crate) const STOPPING: &str = "stopping: calls under way may end; once more to break them off";

/// What to drain.
pub(crate) struct Work {
    /// The limit to stay within.
    pub(crate) limit: Limit,
    /// The queues to serve.
    pub(crate) queues: Vec<Queue>,
    /// Where their results go.
    pub(crate) results: Results,
    /// How many drainers to run side by side.
    pub(crate) drainers: u16,
    /// When to end.
    pub(crate) until: Until,
    /// What progress is held against.
    pub(crate) goal: Goal,
    /// Tells the ends of batches meanwhile.
    pub(crate) finishing: Finishing,
    /// Where metrics are served, if they are.
    pub(crate) metrics: Option<SocketAddr>,
}

/// What the drainers have done together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drained {
    pub(crate) summary: Summary,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}

/// Drains until the work is over or a signal asks for an end.
pub(crate) async fn run(
    work: Work,
    store: Store,
    secrets: SecretSource,
    printer: Printer,
) -> Result<Drained, Failure> {
    let (stop, listening) = stop_on_signals(printer, STOPPING)?;
    let clock = SystemClock::new();
    let plans = plans(&work, &store)?;
    secrets.check(&work.limit).await?;
    let counters = work.metrics.map(|_| exposing::counters(&work.limit, &work.queues));
    let exposed = match (work.metrics, &counters) {
        (Some(address), Some(counters)) => {
            let told = [(&work.limit, &work.queues[..], counters)];
            Some(Exposed::bind(address, &told, &store, clock, printer).await?)
        }
        _ => None,
    };
    let target = HttpTarget::new(work.limit.clone(), secrets)?;
    let recorder = Recorder {
        meter: Meter::new(clock, &work.queues),
        log: printer.log().map(|level| LogLines::new(clock, level)),
        counters,
    };
    let (results, spans) = (work.results, Arc::new(traces::open(printer)));
    let jq = programs::sandbox()?;
    let world = DrainWorld { store, target, results, jq, recorder, spans, clock };
    let recorder = &world.recorder;
    let recorders = [recorder];
    let begun = clock.uptime();
    recorder
        .record(&DrainBegun { limit: work.limit.name.clone(), drainers: work.drainers, run: None }.into());
    let drains = async {
        let mut sum = Summary::default();
        loop {
            let drains = plans.iter().map(|plan| drain(&world, plan, stop.asked(1), stop.asked(2)));
            sum = try_join_all(drains).await?.into_iter().fold(sum, |sum, one| sum + one);
            // The last task of a batch may have been the last one here, and what it leads to is to be drained too.
            let pushed = work.finishing.settle().await;
            let goes_on = pushed
                .iter()
                .any(|queue| plans.iter().any(|plan| plan.queues.iter().any(|own| own.name == *queue)));
            if !goes_on || stop.is_asked() || work.until == Until::Stopped {
                return Ok::<_, Fault>(sum);
            }
        }
    };
    let summary = tokio::select! {
        summary = drains => summary,
        () = listening => Ok(Summary::default()),
        () = show(printer, &recorder.meter, clock, work.goal) => Ok(Summary::default()),
        () = exposing::serve(exposed.as_ref(), &recorders) => Ok(Summary::default()),
        // After a stop they are told once more, when all is settled.
        () = async { work.finishing.until(&stop).await; pending().await } => Ok(Summary::default()),
    };
    // Where there is a log it has told them.
    if printer.log().is_none() {
        recorder.meter.take_warnings().iter().for_each(|warning| printer.warn(warning));
    }
    if let Some(log) = &recorder.log {
        log.flush();
    }
    traces::close(&world.spans, printer);
    let summary = summary?;
    let took = clock.uptime().saturating_sub(begun);
    recorder.record(&summary.ended(&work.limit.name, took).into());
    Ok(Drained { summary, seconds: took.as_secs_f64() })
}

/// Shows progress; a log has no place for it.
async fn show(printer: Printer, meter: &Meter, clock: SystemClock, goal: Goal) {
    match printer.log() {
        Some(_) => pending().await,
        None => progress::show(printer, meter, clock, goal).await,
    }
}

/// One plan a drainer, each with a name of its own; the permits are shared out among them.
fn plans(work: &Work, store: &Store) -> Result<Vec<Plan>, Failure> {
    let process = process_name();
    let drainers = work.drainers.max(1);
    let plan = |number: u16| {
        let id = drainer_id(&format!("{process}-{number}"))?;
        let mut plan = Plan::new(id, work.limit.clone(), work.queues.clone());
        if matches!(store, Store::Aws(_)) {
            plan = plan.over_sqs();
        }
        plan.permits = plan.permits.div_ceil(drainers.into());
        plan.until = work.until;
        Ok(plan)
    };
    (0..drainers).map(plan).collect()
}

/// A name that no other process has.
pub(crate) fn process_name() -> String {
    format!("p{}-{:08x}", std::process::id(), fastrand::u32(..))
}

/// A drainer's id.
pub(crate) fn drainer_id(name: &str) -> Result<DrainerId, Failure> {
    name.parse().map_err(|error| Failure::failed(format!("name a drainer: {error}")))
}
