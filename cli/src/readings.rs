//! What `status`, `queue` and `limit` show, read once.

use std::fmt;
use std::time::Duration;

use indicatif::HumanCount;
use jobq_adapters::clock::SystemClock;
use jobq_core::human;
use jobq_core::limit::Limit;
use jobq_core::name::{LimitName, QueueName};
use jobq_core::policy::calendar::pace::effective;
use jobq_core::policy::calendar::state::{Change, LimitState, Pause};
use jobq_core::policy::calendar::{holders, windows};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::ledger::Ledger;
use jobq_core::queue::Queue;
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;
use serde::Serialize;

use crate::failure::Failure;
use crate::progress::time_for;
use crate::project::Project;
use crate::store::Store;

/// One queue at a glance.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct QueueReading {
    pub(crate) queue: String,
    /// None where the queue isn't in the configuration.
    pub(crate) limit: Option<String>,
    pub(crate) ready: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
    pub(crate) dead: u64,
    pub(crate) oldest_seconds: Option<f64>,
    /// How long the limit's effective rate takes for what is waiting, if the queue has it alone.
    pub(crate) eta_seconds: Option<f64>,
}

/// One limit at a glance.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LimitReading {
    pub(crate) limit: String,
    pub(crate) rate: String,
    pub(crate) burst: u32,
    /// Calls a second that slots are given out for now; none without a pace.
    pub(crate) effective_per_second: Option<f64>,
    /// Why the effective rate is lower than the configured one, or nothing goes out.
    pub(crate) because: Vec<String>,
    pub(crate) quotas: Vec<QuotaReading>,
    pub(crate) max_in_flight: Option<u32>,
    pub(crate) hosts: Vec<String>,
    pub(crate) drainers: Vec<String>,
    /// The latest changes by hand, oldest first.
    pub(crate) changes: Vec<ChangeReading>,
}

/// One change by hand.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChangeReading {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) why: Option<String>,
    /// How long ago that was when it was read.
    #[serde(skip)]
    pub(crate) ago: Duration,
}

impl ChangeReading {
    /// A change as it looks at `now`.
    pub(crate) fn new(change: &Change, now: Timestamp) -> Self {
        let Change { at, who, what, why } = change.clone();
        Self { at: at.to_string(), who, what, why, ago: now.since(at) }
    }
}

impl fmt::Display for ChangeReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ago by {}: {}", human::roughly(self.ago), self.who, self.what)?;
        self.why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// One quota at a glance.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct QuotaReading {
    pub(crate) quota: String,
    pub(crate) used: u64,
    pub(crate) left: u64,
    pub(crate) frees_at: String,
}

/// The queues that are configured or were ever used, by name.
pub(crate) async fn queue_names(project: &Project, store: &Store) -> Result<Vec<QueueName>, Failure> {
    let mut names = store.queues().await?;
    names.extend(project.config.queues.keys().cloned());
    names.sort();
    names.dedup();
    Ok(names)
}

/// Reads every queue that is configured or was ever used.
pub(crate) async fn queues(project: &Project, store: &Store) -> Result<Vec<QueueReading>, Failure> {
    let mut readings = Vec::new();
    for name in queue_names(project, store).await? {
        let queue = project.config.queues.get(&name);
        readings.push(queue_reading(project, store, &name, queue).await?);
    }
    Ok(readings)
}

async fn queue_reading(
    project: &Project,
    store: &Store,
    name: &QueueName,
    queue: Option<&Queue>,
) -> Result<QueueReading, Failure> {
    let depth = store.measure(name).await?;
    let waiting = depth.ready + depth.in_flight + depth.delayed;
    let per_second = match queue.and_then(|queue| project.config.limit_of(queue)) {
        Some(limit) => {
            let state = store.load(&limit.name).await?.state;
            effective(limit, &state, SystemClock::new().now()).per_second()
        }
        None => None,
    };
    let eta = per_second.filter(|_| waiting > 0).map(|rate| time_for(waiting, rate).as_secs_f64());
    Ok(QueueReading {
        queue: name.to_string(),
        limit: queue.map(|queue| queue.limit.to_string()),
        ready: depth.ready,
        in_flight: depth.in_flight,
        delayed: depth.delayed,
        dead: depth.dead,
        oldest_seconds: depth.oldest.map(|age| age.as_secs_f64()),
        eta_seconds: eta,
    })
}

/// Reads every limit that is configured or was ever booked on.
pub(crate) async fn limits(project: &Project, store: &Store) -> Result<Vec<LimitReading>, Failure> {
    let mut readings = Vec::new();
    for limit in project.config.limits.values() {
        readings.push(limit_reading(store, limit).await?);
    }
    for name in store.limits().await? {
        if !project.config.limits.contains_key(&name) {
            readings.push(limit_reading(store, &limit_of_a_run(store, name).await?).await?);
        }
    }
    Ok(readings)
}

/// A limit of jobq.toml, or one that a `jobq run` has stated.
pub(crate) async fn find_limit(
    project: &Project,
    store: Option<&Store>,
    name: &str,
) -> Result<Limit, Failure> {
    let unknown = match project.limit(Some(name)) {
        Ok(configured) => return Ok(configured.clone()),
        Err(unknown) => unknown,
    };
    let Some(store) = store else { return Err(unknown) };
    match store.limits().await?.into_iter().find(|booked| booked.as_str() == name) {
        Some(name) => limit_of_a_run(store, name).await,
        None => Err(unknown),
    }
}

/// A limit that isn't configured, as far as its document tells: `jobq run` states its limits on the command line.
pub(crate) async fn limit_of_a_run(store: &Store, name: LimitName) -> Result<Limit, Failure> {
    let pace = store.load(&name).await?.state.pace;
    let pace = pace.and_then(|pace| pace.parse().ok()).unwrap_or(Pace::Unlimited);
    Ok(Limit::new(name, pace))
}

/// Reads one limit.
pub(crate) async fn limit_reading(store: &Store, limit: &Limit) -> Result<LimitReading, Failure> {
    let state = store.load(&limit.name).await?.state;
    let now = SystemClock::new().now();
    let quotas = limit.quotas.iter().map(|quota| {
        let usage = windows::usage(limit, quota, &state, now);
        QuotaReading {
            quota: quota.to_string(),
            used: usage.used,
            left: quota.limit.get().saturating_sub(usage.used),
            frees_at: usage.frees_at.to_string(),
        }
    });
    Ok(LimitReading {
        limit: limit.name.to_string(),
        rate: limit.pace.to_string(),
        burst: limit.burst.get(),
        effective_per_second: effective(limit, &state, now).per_second(),
        because: because(limit, &state, now),
        quotas: quotas.collect(),
        max_in_flight: limit.max_in_flight.map(std::num::NonZeroU32::get),
        hosts: limit.hosts.iter().map(ToString::to_string).collect(),
        drainers: holders::alive(&state, now).map(|holder| holder.drainer.clone()).collect(),
        changes: state.changes.iter().map(|change| ChangeReading::new(change, now)).collect(),
    })
}

/// Everything that makes the limit slower, or stops it, now.
fn because(limit: &Limit, state: &LimitState, now: Timestamp) -> Vec<String> {
    let effective = effective(limit, state, now);
    let mut because = Vec::new();
    if let Some(Pause { until }) =
        state.pause.as_ref().filter(|pause| pause.until.is_none_or(|until| now < until))
    {
        because.push(format!("paused by hand{}", still(*until, now)));
    }
    if let Some(cool) = state.cool_down.as_ref().filter(|cool| now < cool.until) {
        let left = human::roughly(cool.until.since(now));
        because.push(format!("cooling for {left} after a {}", cool.status));
    }
    if effective.share_per_mille < 1_000 {
        because.push(format!("recovering, at {}% of the pace", effective.share_per_mille / 10));
    }
    if let Some(until) = effective.overridden {
        because.push(format!("set to {} by hand{}", effective.pace, still(until, now)));
    }
    if limit.headroom_per_mille > 0 && effective.per_second().is_some() {
        because.push(format!("{}% headroom", f64::from(limit.headroom_per_mille) / 10.0));
    }
    because
}

fn still(until: Option<Timestamp>, now: Timestamp) -> String {
    until.map_or_else(String::new, |until| format!(" for {} more", human::roughly(until.since(now))))
}

/// Rows of cells as aligned columns, the first left and the others as they come.
pub(crate) fn table(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    use std::io::Write;
    let mut writer = tabwriter::TabWriter::new(Vec::new()).padding(2);
    for row in rows {
        writeln!(writer, "{}", row.join("\t")).map_err(|_| fmt::Error)?;
    }
    let bytes = writer.into_inner().map_err(|_| fmt::Error)?;
    f.write_str(&String::from_utf8_lossy(&bytes))
}

/// A row of cells.
pub(crate) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// The heading and rows of a table of queues.
pub(crate) fn queue_rows(queues: &[QueueReading]) -> Vec<Vec<String>> {
    let heading = row(["QUEUE", "READY", "IN FLIGHT", "DELAYED", "DEAD", "OLDEST", "ETA", "LIMIT"]);
    let cells = |queue: &QueueReading| {
        let count = |number: u64| HumanCount(number).to_string();
        let time = |seconds: Option<f64>| {
            seconds.map_or_else(|| "-".to_owned(), |seconds| human::roughly(Duration::from_secs_f64(seconds)))
        };
        vec![
            queue.queue.clone(),
            count(queue.ready),
            count(queue.in_flight),
            count(queue.delayed),
            count(queue.dead),
            time(queue.oldest_seconds),
            time(queue.eta_seconds),
            queue.limit.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    };
    std::iter::once(heading).chain(queues.iter().map(cells)).collect()
}

/// The heading and rows of a table of limits.
pub(crate) fn limit_rows(limits: &[LimitReading]) -> Vec<Vec<String>> {
    let heading = row(["LIMIT", "RATE", "NOW", "DRAINERS", "BECAUSE"]);
    let cells = |limit: &LimitReading| {
        let now =
            limit.effective_per_second.map_or_else(|| "no pace".to_owned(), |rate| format!("{rate:.2}/s"));
        let drainers = limit.drainers.len().to_string();
        vec![limit.limit.clone(), limit.rate.clone(), now, drainers, limit.because.join(", ")]
    };
    std::iter::once(heading).chain(limits.iter().map(cells)).collect()
}
