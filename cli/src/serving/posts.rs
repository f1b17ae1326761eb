//! Posts: the limits an engine serves, each with the world its drainers share.

use std::sync::{Arc, Mutex, PoisonError};

use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_core::limit::Limit;
use jobq_core::policy::permits::per_drainer;
use jobq_core::queue::Queue;
use jobq_drainer::plan::{Plan, Until};
use jobq_drainer::summary::Summary;

use super::crew::IDLE;
use crate::draining::{drainer_id, process_name};
use crate::failure::Failure;
use crate::meter::Meter;
use crate::printer::Printer;
use crate::project::Project;
use crate::store::Store;
use crate::world::DrainWorld;

/// A limit that is served.
pub(crate) struct Post {
    pub(crate) limit: Limit,
    pub(crate) queues: Vec<Queue>,
    pub(crate) world: DrainWorld,
    pub(crate) meter: Arc<Meter>,
    totals: Mutex<Totals>,
}

/// What the drainers of a post have done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    /// How many drainers were started.
    pub(crate) drainers: u64,
    /// What those that have ended did.
    pub(crate) summary: Summary,
}

impl Post {
    /// Sees to it that everything a limit's drainers need is there.
    pub(crate) async fn open(
        project: &Project,
        store: &Store,
        limit: &Limit,
        clock: SystemClock,
    ) -> Result<Self, Failure> {
        let queues: Vec<Queue> = project.config.queues_of(&limit.name).cloned().collect();
        let secrets = project.secrets().await?;
        secrets.check(limit).await?;
        let meter = Arc::new(Meter::new(clock));
        let world = DrainWorld {
            store: store.clone(),
            target: HttpTarget::new(limit.clone(), secrets)?,
            results: project.results(&queues).await?,
            meter: Arc::clone(&meter),
            clock,
        };
        Ok(Self { limit: limit.clone(), queues, world, meter, totals: Mutex::default() })
    }

    /// The plan of one more drainer, with a name of its own. It ends when it is idle: the next one is started within a
    /// second of a push.
    pub(super) fn plan(&self) -> Result<Plan, Failure> {
        let id = drainer_id(&process_name())?;
        let mut plan = Plan::new(id, self.limit.clone(), self.queues.clone());
        plan.permits = usize::try_from(per_drainer(&self.limit).get()).unwrap_or(usize::MAX);
        plan.until = Until::Idle(IDLE);
        Ok(plan)
    }

    /// Shows the warnings that were not shown yet.
    pub(super) fn warn(&self, printer: Printer) {
        let warnings = self.meter.take_warnings();
        warnings.iter().for_each(|warning| printer.warn(format!("{}: {warning}", self.limit.name)));
    }

    /// What its drainers have done so far.
    pub(crate) fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_started(&self) {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).drainers += 1;
    }

    pub(super) fn count_ended(&self, summary: Summary) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.summary = totals.summary + summary;
    }
}
