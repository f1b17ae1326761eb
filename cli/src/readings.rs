//! What `status`, `queue` and `limit` show, read once.

pub(crate) mod ahead;
pub(crate) mod batches;
pub(crate) mod lookback;
pub(crate) mod overview;
pub(crate) mod queues;

use std::fmt;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::config::nearest::suggestion;
use jobq_core::human;
use jobq_core::limit::Limit;
use jobq_core::name::{LimitName, QueueName};
use jobq_core::policy::calendar::pace::{Source, effective};
use jobq_core::policy::calendar::phases::{Current, begun};
use jobq_core::policy::calendar::state::{Change, LimitState, Pause};
use jobq_core::policy::calendar::{holders, traffic, windows};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::Ledger;
use jobq_core::quota::Quota;
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;
use serde::Serialize;

use crate::failure::Failure;
use crate::project::Project;
use crate::store::Store;

/// Of a rate that has gone on for less than this nothing can be told.
const TELLING: Duration = Duration::from_secs(3);

/// One limit at a glance.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LimitReading {
    pub(crate) limit: String,
    pub(crate) rate: String,
    pub(crate) burst: u32,
    /// Calls a second that slots are given out for now; none without a pace.
    pub(crate) effective_per_second: Option<f64>,
    /// Calls a second in the last minute; none where slots aren't counted.
    pub(crate) used_per_second: Option<f64>,
    /// How many calls of the last minute the API refused, because it was called too fast.
    pub(crate) refused_per_minute: u64,
    /// Whether it is paused by hand.
    pub(crate) paused: bool,
    /// For how long no slot is given out yet, because the API has refused calls.
    pub(crate) cooling_seconds: Option<f64>,
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

/// A queue that is configured or was ever used, by its name.
pub(crate) async fn find_queue(
    project: &Project,
    store: &Store,
    name: QueueName,
) -> Result<QueueName, Failure> {
    let queues = queue_names(project, store).await?;
    if queues.contains(&name) {
        return Ok(name);
    }
    let names: Vec<&str> = queues.iter().map(QueueName::as_str).collect();
    let hint = suggestion(name.as_str(), "queue", &names);
    Err(Failure::usage(format!("there is no queue '{name}'")).hint(hint))
}

/// The queues that are configured or were ever used, by name.
pub(crate) async fn queue_names(project: &Project, store: &Store) -> Result<Vec<QueueName>, Failure> {
    let mut names = store.queues().await?;
    names.extend(project.config.queues.keys().cloned());
    names.sort();
    names.dedup();
    Ok(names)
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
    Ok(LimitReading::new(limit, &state, SystemClock::new().now()))
}

impl LimitReading {
    /// What the limit's document says at `now`.
    pub(crate) fn new(limit: &Limit, state: &LimitState, now: Timestamp) -> Self {
        let state = &*begun(limit, state, now);
        let cooling = state.cool_down.as_ref().filter(|cool| now < cool.until);
        Self {
            limit: limit.name.to_string(),
            rate: limit.pace.to_string(),
            burst: limit.burst.get(),
            effective_per_second: effective(limit, state, now).per_second(),
            used_per_second: used(limit, state, now),
            refused_per_minute: traffic::refused(state, now).rounded(),
            paused: state.pause_at(now).is_some(),
            cooling_seconds: cooling.map(|cool| cool.until.since(now).as_secs_f64()),
            because: because(limit, state, now),
            quotas: limit.quotas.iter().map(|quota| QuotaReading::new(limit, quota, state, now)).collect(),
            max_in_flight: limit.max_in_flight.map(std::num::NonZeroU32::get),
            hosts: limit.hosts.iter().map(ToString::to_string).collect(),
            drainers: holders::alive(state, now).map(|holder| holder.drainer.clone()).collect(),
            changes: state.changes.iter().map(|change| ChangeReading::new(change, now)).collect(),
        }
    }

    /// What is given out now, in a word.
    pub(crate) fn now(&self) -> String {
        match (self.paused, self.cooling_seconds, self.effective_per_second) {
            (true, ..) => "paused".to_owned(),
            (false, Some(_), _) => "cooling".to_owned(),
            (false, None, Some(rate)) => told(rate),
            (false, None, None) => "no pace".to_owned(),
        }
    }

    /// What was used of it in the last minute.
    pub(crate) fn used(&self) -> String {
        self.used_per_second.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}/s"))
    }
}

impl QuotaReading {
    fn new(limit: &Limit, quota: &Quota, state: &LimitState, now: Timestamp) -> Self {
        let usage = windows::usage(limit, quota, state, now);
        Self {
            quota: quota.to_string(),
            used: usage.used,
            left: quota.limit.get().saturating_sub(usage.used),
            frees_at: usage.frees_at.to_string(),
        }
    }
}

/// Calls a second in the last minute; none where slots aren't counted, or too few were for a rate.
fn used(limit: &Limit, state: &LimitState, now: Timestamp) -> Option<f64> {
    let calls = traffic::calls(state, now);
    let rate = if calls.count > 0.0 { calls.per_second(TELLING) } else { Some(0.0) };
    rate.filter(|_| traffic::is_counted(limit))
}

/// A rate in the largest unit in which it isn't next to nothing.
fn told(per_second: f64) -> String {
    match per_second {
        0.1.. => format!("{per_second:.2}/s"),
        0.002..0.1 => format!("{:.2}/m", per_second * 60.0),
        _ => format!("{:.2}/h", per_second * 3_600.0),
    }
}

/// Everything that makes the limit slower, or stops it, now.
fn because(limit: &Limit, state: &LimitState, now: Timestamp) -> Vec<String> {
    let effective = effective(limit, state, now);
    let mut because = Vec::new();
    if let Some(Pause { until }) = state.pause_at(now) {
        because.push(format!("paused by hand{}", still(*until, now)));
    }
    if let Some(cool) = state.cool_down.as_ref().filter(|cool| now < cool.until) {
        let left = human::roughly(cool.until.since(now));
        because.push(format!("cooling for {left} after a {}", cool.status));
    }
    if effective.share_per_mille < 1_000 {
        because.push(format!("recovering, at {}% of the pace", effective.share_per_mille / 10));
    }
    match effective.source {
        Source::Configured => {}
        Source::Phase(phase) => because.push(in_phase(limit, &phase, now)),
        Source::Set(pace, until) => because.push(format!("set to {pace} by hand{}", still(until, now))),
    }
    if limit.headroom_per_mille > 0 && effective.per_second().is_some() {
        because.push(format!("{}% headroom", f64::from(limit.headroom_per_mille) / 10.0));
    }
    because
}

fn in_phase(limit: &Limit, current: &Current, now: Timestamp) -> String {
    let Current { number, phase, until, .. } = current;
    format!("phase {number} of {} ({phase}){}", limit.phases.list.len(), still(Some(*until), now))
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

/// The heading and rows of a table of limits.
pub(crate) fn limit_rows(limits: &[LimitReading]) -> Vec<Vec<String>> {
    let heading = row(["LIMIT", "RATE", "NOW", "USED", "429S", "DRAINERS", "BECAUSE"]);
    let cells = |limit: &LimitReading| {
        vec![
            limit.limit.clone(),
            limit.rate.clone(),
            limit.now(),
            limit.used(),
            limit.refused_per_minute.to_string(),
            limit.drainers.len().to_string(),
            limit.because.join(", "),
        ]
    };
    std::iter::once(heading).chain(limits.iter().map(cells)).collect()
}
