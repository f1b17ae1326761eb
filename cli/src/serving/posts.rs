//! Posts: the limits an engine serves, each with the world its drainers share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_adapters::log::lines::LogLines;
use jobq_adapters::otlp::OtlpSpans;
use jobq_core::event::operations::OperationFailed;
use jobq_core::limit::Limit;
use jobq_core::policy::permits::per_drainer;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::queue::Queue;
use jobq_drainer::plan::{Plan, Until};

use super::TICK;
use super::crew::IDLE;
use crate::draining::{drainer_id, process_name};
use crate::exposing;
use crate::failure::Failure;
use crate::meter::Meter;
use crate::printer::Printer;
use crate::programs;
use crate::project::Project;
use crate::recorder::Recorder;
use crate::store::Store;
use crate::world::DrainWorld;

/// The pause after the first drainer that failed; each further one makes it twice as long.
const FIRST_REST: Duration = Duration::from_secs(5);

/// The longest pause: so long at most a limit stands still after what was wrong is mended.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// A limit that is served.
pub(crate) struct Post {
    pub(crate) limit: Limit,
    pub(crate) queues: Vec<Queue>,
    pub(crate) world: DrainWorld,
    totals: Mutex<Totals>,
    rest: Mutex<Rest>,
}

/// How long nobody is started after a drainer that failed: it would receive and call, and fail as the last one did.
#[derive(Debug, Default)]
struct Rest {
    /// How many have failed in a row.
    failures: u32,
    /// Until when, by uptime.
    until: Duration,
}

/// Who looks at what happens at a post.
#[derive(Clone)]
pub(crate) struct Watchers {
    pub(crate) clock: SystemClock,
    pub(crate) printer: Printer,
    /// Where all posts' spans go.
    pub(crate) spans: Arc<OtlpSpans>,
    /// Whether metrics are served.
    pub(crate) metrics: bool,
}

/// What the drainers of a post have done, that its meter doesn't count.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    /// How many drainers were started.
    pub(crate) drainers: u64,
    /// Tasks handed back without a call, by those that have ended.
    pub(crate) released: u64,
}

impl Post {
    /// Sees to it that everything a limit's drainers need is there.
    pub(crate) async fn open(
        project: &Project,
        store: &Store,
        limit: &Limit,
        watchers: &Watchers,
    ) -> Result<Self, Failure> {
        let queues: Vec<Queue> = project.config.queues_of(&limit.name).cloned().collect();
        let secrets = project.secrets().await?;
        secrets.check(limit).await?;
        let clock = watchers.clock;
        let recorder = Recorder {
            meter: Meter::new(clock, &queues),
            log: watchers.printer.log().map(|level| LogLines::new(clock, level)),
            counters: watchers.metrics.then(|| exposing::counters(limit, &queues)),
        };
        let world = DrainWorld {
            store: store.clone(),
            target: HttpTarget::new(limit.clone(), secrets)?,
            results: project.results(&queues).await?,
            jq: programs::sandbox()?,
            recorder,
            spans: Arc::clone(&watchers.spans),
            clock,
        };
        Ok(Self { limit: limit.clone(), queues, world, totals: Mutex::default(), rest: Mutex::default() })
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
    pub(crate) fn meter(&self) -> &Meter {
        &self.world.recorder.meter
    }

    /// Shows the warnings that were not shown yet. Where there is a log it has told them.
    pub(super) fn warn(&self, printer: Printer) {
        let warnings = self.meter().take_warnings();
        if let Some(log) = &self.world.recorder.log {
            return log.flush_if_due();
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

    /// What its drainers have done so far that its meter doesn't count.
    pub(crate) fn totals(&self) -> Totals {
        *self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody is to be started for now.
    pub(super) fn is_resting(&self) -> bool {
        self.world.clock.uptime() < self.rest.lock().unwrap_or_else(PoisonError::into_inner).until
    }

    /// A drainer has ended as it should.
    pub(super) fn has_worked(&self) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Rest::default();
    }

    /// A drainer has ended by a fault that no trying again mends: what is wrong is mended by somebody, or not at all.
    pub(super) fn has_failed(&self, error: &str) {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = FIRST_REST.saturating_mul(1 << rest.failures.min(16)).min(LONGEST_REST);
        rest.failures = rest.failures.saturating_add(1);
        rest.until = self.world.clock.uptime().saturating_add(pause);
        let error = format!("a drainer failed: {error}");
        self.world.recorder.record(&OperationFailed { error, retry_in: pause }.into());
    }

    pub(super) fn count_started(&self) {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).drainers += 1;
    }

    pub(super) fn count_released(&self, released: u64) {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).released += released;
    }
}
