//! One look at all queues and limits: each queue is measured once, each limit's document read once.

use std::time::Duration;

use futures::future::try_join_all;
use jobq_adapters::aws::history::LastMinute;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::minutes::Lately;
use jobq_core::limit::Limit;
use jobq_core::name::{LimitName, QueueName};
use jobq_core::policy::calendar::holders;
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::calendar::traffic;
use jobq_core::policy::door;
use jobq_core::policy::outlook::{Outlook, Waiting, outlook};
use jobq_core::policy::recent::Recent;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::ledger::Ledger;
use jobq_core::queue::Queue;
use jobq_core::stack::TASK_RETENTION;
use jobq_core::time::Timestamp;
use serde::Serialize;

use super::ahead::{EtaReading, concerns};
use super::lookback::Lookback;
use super::queues::QueueReading;
use super::{LimitReading, TELLING, limit_of_a_run, queue_names};
use crate::failure::Failure;
use crate::openings;
use crate::project::Project;
use crate::store::Store;

/// Which limits are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every limit that is configured or was ever booked on; on AWS that reads the whole table.
    Everything,
    /// Those of the configuration.
    Configured,
}

impl Extent {
    /// What can be looked at cheaply: all of it locally, and what a read each tells on AWS.
    pub(crate) fn cheap(store: &Store) -> Self {
        match store {
            Store::Local(_) => Self::Everything,
            Store::Aws(_) => Self::Configured,
        }
    }
}

/// All queues and limits at one moment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Overview {
    pub(crate) queues: Vec<QueueReading>,
    pub(crate) limits: Vec<LimitReading>,
    /// What couldn't be told, and why. The rest of it stands.
    #[serde(skip)]
    pub(crate) warning: Option<String>,
}

/// A queue and what was measured of it.
struct Measured<'a> {
    name: QueueName,
    queue: Option<&'a Queue>,
    depth: QueueDepth,
    lately: Option<Lately>,
    /// Where it isn't counted by the store.
    last_minute: Option<LastMinute>,
}

/// A limit and its document.
struct Loaded {
    limit: Limit,
    state: LimitState,
}

/// Looks at everything once.
pub(crate) async fn look(
    project: &Project,
    store: &Store,
    lookback: &Lookback,
    extent: Extent,
) -> Result<Overview, Failure> {
    let (queues, warning) = measure(project, store, lookback).await?;
    let limits = load(project, store, extent).await?;
    let now = SystemClock::new().now();
    let ahead = |own: &Measured<'_>| {
        own.queue.and_then(|queue| limits.iter().find(|limit| limit.limit.name == queue.limit))
    };
    let outlooks: Vec<(LimitName, Vec<(QueueName, Outlook)>)> =
        limits.iter().map(|limit| (limit.limit.name.clone(), limit.outlooks(&queues, store, now))).collect();
    let of = |own: &Measured<'_>| {
        let limit = &ahead(own)?.limit.name;
        let (_, outlooks) = outlooks.iter().find(|(name, _)| name == limit)?;
        outlooks.iter().find(|(name, _)| *name == own.name).map(|(_, outlook)| outlook)
    };
    let is_paused = |own: &Measured<'_>| ahead(own).is_some_and(|limit| limit.is_paused(&own.name, now));
    Ok(Overview {
        queues: queues.iter().map(|own| own.reading(of(own), is_paused(own), now)).collect(),
        limits: limits.iter().map(|own| LimitReading::new(&own.limit, &own.state, now)).collect(),
        warning,
    })
}

/// All queues, and why their past isn't known where that is so.
async fn measure<'a>(
    project: &'a Project,
    store: &Store,
    lookback: &Lookback,
) -> Result<(Vec<Measured<'a>>, Option<String>), Failure> {
    let names = queue_names(project, store).await?;
    let told = lookback.ask(&names).await;
    let measured = names.into_iter().map(|name| async {
        let queue = project.config.queues.get(&name);
        let (depth, lately) = (store.measure(&name).await?, store.lately(&name).await?);
        let last_minute = told.of_queue(&name);
        Ok::<_, Failure>(Measured { name, queue, depth, lately, last_minute })
    });
    Ok((try_join_all(measured).await?, told.warning.clone()))
}

async fn load(project: &Project, store: &Store, extent: Extent) -> Result<Vec<Loaded>, Failure> {
    let mut limits: Vec<Limit> = project.config.limits.values().cloned().collect();
    if extent == Extent::Everything {
        for name in store.limits().await? {
            if !project.config.limits.contains_key(&name) {
                limits.push(limit_of_a_run(store, name).await?);
            }
        }
    }
    let loaded = limits.into_iter().map(|limit| async {
        let state = store.load(&limit.name).await?.state;
        Ok::<_, Failure>(Loaded { limit, state })
    });
    try_join_all(loaded).await
}

impl Measured<'_> {
    fn reading(&self, outlook: Option<&Outlook>, paused: bool, now: Timestamp) -> QueueReading {
        let per_minute = |counted: fn(&Lately) -> Recent, measured: fn(&LastMinute) -> Option<f64>| {
            let counted = self.lately.as_ref().map(|lately| counted(lately).rounded());
            counted.or_else(|| whole(self.last_minute.as_ref().and_then(measured)?))
        };
        QueueReading {
            queue: self.name.to_string(),
            limit: self.queue.map(|queue| queue.limit.to_string()),
            ready: self.depth.ready,
            in_flight: self.depth.in_flight,
            delayed: self.depth.delayed,
            dead: self.depth.dead,
            oldest_seconds: self.oldest().map(|age| age.as_secs_f64()),
            added_per_minute: per_minute(|lately| lately.added, |minute| minute.sent),
            settled_per_minute: per_minute(|lately| lately.settled, |minute| minute.deleted),
            measured_at: self.last_minute.map(|minute| minute.at.to_string()),
            paused,
            eta: outlook.map_or_else(EtaReading::unknown, |outlook| EtaReading::new(outlook.eta)),
            concerns: outlook.map_or_else(Vec::new, |outlook| concerns(outlook, now)),
            next_openings: self.queue.map_or_else(Vec::new, |queue| openings::next(now, &queue.schedule)),
        }
    }

    /// How long the oldest task has waited, or had when it was measured.
    fn oldest(&self) -> Option<Duration> {
        self.depth.oldest.or_else(|| self.last_minute?.oldest)
    }

    fn waiting<'a>(
        &'a self,
        queue: &'a Queue,
        state: &'a LimitState,
        store: &Store,
        now: Timestamp,
    ) -> Waiting<'a> {
        let kept_for = match store {
            Store::Local(_) => None,
            Store::Aws(_) => Some(TASK_RETENTION.saturating_sub(self.oldest().unwrap_or(Duration::ZERO))),
        };
        let tasks = self.depth.ready + self.depth.in_flight + self.depth.delayed;
        let pause = door::paused(state, &self.name, now);
        Waiting { tasks, weight: queue.weight, schedule: &queue.schedule, kept_for, pause }
    }
}

/// A count as CloudWatch has it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count is no less than nothing")]
fn whole(count: f64) -> Option<u64> {
    (count >= 0.0).then_some(count.round() as u64)
}

impl Loaded {
    /// Whether nothing of this queue is called because somebody said so.
    fn is_paused(&self, queue: &QueueName, now: Timestamp) -> bool {
        self.state.pause_at(now).is_some() || door::paused(&self.state, queue, now).is_some()
    }

    /// What lies ahead of this limit's queues.
    fn outlooks(&self, all: &[Measured<'_>], store: &Store, now: Timestamp) -> Vec<(QueueName, Outlook)> {
        let own =
            |measured: &&Measured<'_>| measured.queue.is_some_and(|queue| queue.limit == self.limit.name);
        let own: Vec<&Measured<'_>> = all.iter().filter(own).collect();
        let waiting: Vec<Waiting<'_>> =
            own.iter().filter_map(|one| Some(one.waiting(one.queue?, &self.state, store, now))).collect();
        let outlooks = outlook(&self.limit, &self.state, now, &waiting, self.seen(&own, now));
        own.into_iter().map(|one| one.name.clone()).zip(outlooks).collect()
    }

    /// How many tasks of this limit have ended a second lately, while somebody drains it; where the backend doesn't count
    /// them, how many calls were made.
    fn seen(&self, own: &[&Measured<'_>], now: Timestamp) -> Option<f64> {
        holders::alive(&self.state, now).next()?;
        let settled: Option<Vec<Recent>> = own.iter().map(|one| Some(one.lately?.settled)).collect();
        let seen = match settled {
            Some(settled) => settled.into_iter().fold(Recent::default(), Recent::and),
            None if traffic::is_counted(&self.limit) => traffic::calls(&self.state, now),
            None => Recent::default(),
        };
        seen.per_second(TELLING)
    }
}
