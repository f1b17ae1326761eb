//! Posts: the limits an engine serves, each with the world its drainers share.

use std::sync::{Mutex, PoisonError};

use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_adapters::log::lines::LogLines;
use jobq_core::event::operations::OperationFailed;
use jobq_core::limit::Limit;
use jobq_core::policy::permits::per_drainer;
use jobq_core::ports::metrics::Metrics;
use jobq_core::queue::Queue;
use jobq_drainer::plan::{Plan, Until};
use jobq_drainer::summary::Summary;

use super::TICK;
use super::crew::IDLE;
use crate::draining::{drainer_id, process_name};
use crate::exposing;
use crate::failure::Failure;
use crate::meter::Meter;
use crate::printer::Printer;
use crate::project::Project;
use crate::recorder::Recorder;
use crate::store::Store;
use crate::traces;
use crate::world::DrainWorld;

/// A limit that is served.
pub(crate) struct Post {
    pub(crate) limit: Limit,
    pub(crate) queues: Vec<Queue>,
    pub(crate) world: DrainWorld,
    totals: Mutex<Totals>,
}

/// Who looks at what happens at a post.
#[derive(Clone, Copy)]
pub(crate) struct Watchers {
    pub(crate) clock: SystemClock,
    pub(crate) printer: Printer,
    /// Whether metrics are served.
    pub(crate) metrics: bool,
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
        watchers: Watchers,
    ) -> Result<Self, Failure> {
        let queues: Vec<Queue> = project.config.queues_of(&limit.name).cloned().collect();
        let secrets = project.secrets().await?;
        secrets.check(limit).await?;
        let clock = watchers.clock;
        let recorder = Recorder {
            meter: Meter::new(clock),
            log: watchers.printer.log().map(|level| LogLines::new(clock, level)),
            counters: watchers.metrics.then(|| exposing::counters(limit, &queues)),
        };
        let world = DrainWorld {
            store: store.clone(),
            target: HttpTarget::new(limit.clone(), secrets)?,
            results: project.results(&queues).await?,
            recorder,
            spans: traces::open(watchers.printer),
            clock,
        };
        Ok(Self { limit: limit.clone(), queues, world, totals: Mutex::default() })
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

    /// Its meter.
    pub(super) fn meter(&self) -> &Meter {
        &self.world.recorder.meter
    }

    /// Shows the warnings that were not shown yet. Where there is a log it has told them.
    pub(super) fn warn(&self, printer: Printer) {
        let warnings = self.meter().take_warnings();
        if printer.log().is_some() {
            return;
        }
        warnings.iter().for_each(|warning| printer.warn(format!("{}: {warning}", self.limit.name)));
    }

    /// Tells what wasn't told yet, at the end.
    pub(super) fn close(&self, printer: Printer) {
        self.warn(printer);
        if let Some(log) = &self.world.recorder.log {
            log.flush();
        }
    }

    /// Takes note of what failed for all drainers of this post, and is tried again.
    pub(super) fn failed(&self, error: String) {
        self.world.recorder.record(&OperationFailed { error, retry_in: TICK }.into());
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
