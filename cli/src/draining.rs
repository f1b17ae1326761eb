//! Draining on this machine: drainers side by side in one process, with progress, until told to stop.

use std::sync::Arc;

use futures::future::try_join_all;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_core::limit::Limit;
use jobq_core::name::DrainerId;
use jobq_core::ports::clock::Clock;
use jobq_core::queue::Queue;
use jobq_drainer::drain;
use jobq_drainer::plan::{Plan, Until};
use jobq_drainer::summary::Summary;

use crate::failure::Failure;
use crate::meter::Meter;
use crate::printer::Printer;
use crate::progress::{self, Goal};
use crate::results::Results;
use crate::secrets::SecretSource;
use crate::signals::stop_on_signals;
use crate::store::Store;
use crate::world::DrainWorld;

/// What a first signal is answered with.
const STOPPING: &str = "stopping: calls under way may end; once more to break them off";

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
    let meter = Arc::new(Meter::new(clock));
    let plans = plans(&work, &store)?;
    secrets.check(&work.limit).await?;
    let target = HttpTarget::new(work.limit, secrets)?;
    let world = DrainWorld { store, target, results: work.results, meter: Arc::clone(&meter), clock };
    let begun = clock.uptime();
    let drains = plans.iter().map(|plan| drain(&world, plan, stop.asked(1), stop.asked(2)));
    let summaries = tokio::select! {
        summaries = try_join_all(drains) => summaries,
        () = listening => Ok(Vec::new()),
        () = progress::show(printer, &meter, clock, work.goal) => Ok(Vec::new()),
    };
    meter.take_warnings().iter().for_each(|warning| printer.warn(warning));
    let summary = summaries?.into_iter().fold(Summary::default(), |sum, one| sum + one);
    let seconds = clock.uptime().saturating_sub(begun).as_secs_f64();
    Ok(Drained { summary, seconds })
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
