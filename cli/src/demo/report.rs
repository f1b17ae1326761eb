//! What the demo has shown, all of it as it was measured.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use indicatif::HumanCount;
use jobq_core::human;
use jobq_core::limit::Limit;
use serde::Serialize;

use super::chart::chart;
use super::depths::Sample;
use super::mock_api::Counted;
use super::pipeline::QUEUES;
use super::urgent::{Urgent, Wait};
use super::view::canvas;
use super::watching::Watched;
use crate::commands::drain::DrainReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::time_for;
use crate::readings::batches::{BatchReading, State};

/// What the demo has shown.
#[derive(Debug, Serialize)]
pub(crate) struct DemoReport {
    allowed_per_second: u32,
    api_calls: u64,
    api_refused: u64,
    api_calls_per_second: f64,
    /// How much of what the API allows was used, at most 1.
    limit_used: f64,
    drain: DrainReport,
    /// All but the urgent tasks.
    batch: BatchReading,
    /// How many times it was told that this batch has ended.
    ends_told: u64,
    /// None where it was stopped before they were pushed.
    urgent: Option<UrgentReading>,
    dead_letters: Vec<String>,
    depths: Vec<DepthReading>,
    #[serde(skip)]
    told: Told,
}

/// What became of the urgent tasks.
#[derive(Debug, Serialize)]
struct UrgentReading {
    /// How many were pushed.
    pushed: u64,
    /// How many other tasks waited then.
    among: u64,
    /// How long they would have waited behind those.
    behind_seconds: f64,
    /// Those that were called, the shortest wait first.
    waits: Vec<Wait>,
}

/// How many tasks each queue held at one moment.
#[derive(Debug, Serialize)]
struct DepthReading {
    seconds: f64,
    tasks: BTreeMap<&'static str, u64>,
}

/// What is in the text alone.
#[derive(Debug)]
struct Told {
    lines: Vec<String>,
    /// How much of the limit is kept back.
    headroom_per_mille: u16,
}

/// What there is to report of, once the drain is over.
pub(crate) struct Shown<'a> {
    pub(crate) limit: &'a Limit,
    /// Calls a second that the API allows.
    pub(crate) allowed: NonZeroU32,
    pub(crate) api: Counted,
    pub(crate) drain: DrainReport,
    pub(crate) batch: BatchReading,
    pub(crate) watched: &'a Watched,
    /// Where the results of urgent tasks are.
    pub(crate) results: &'a Path,
    pub(crate) dead_letters: Vec<String>,
}

impl DemoReport {
    /// The report of all this.
    pub(crate) fn new(shown: Shown<'_>) -> Result<Self, Failure> {
        let Shown { limit, allowed, api, drain, batch, watched, results, dead_letters } = shown;
        let urgent = watched.urgent.as_ref();
        let urgent = urgent.map(|urgent| UrgentReading::new(urgent, allowed, results)).transpose()?;
        Ok(Self {
            allowed_per_second: allowed.get(),
            api_calls: api.calls,
            api_refused: api.refused,
            api_calls_per_second: api.per_second(),
            limit_used: api.per_second() / f64::from(allowed.get()),
            drain,
            batch,
            ends_told: api.ends,
            urgent,
            dead_letters,
            depths: watched.samples.iter().map(DepthReading::new).collect(),
            told: Told {
                lines: chart(&QUEUES, &watched.samples, watched.mark(), canvas()),
                headroom_per_mille: limit.headroom_per_mille,
            },
        })
    }

    /// Fine if it has shown all that it is to show; that some tasks are dead is a part of it.
    pub(crate) fn exit(&self) -> Exit {
        let is_whole = self.batch.state == State::Finished && self.ends_told == 1;
        let is_urgent = self.urgent.as_ref().is_some_and(|urgent| urgent.pushed == count(&urgent.waits));
        if self.api_refused == 0 && is_whole && is_urgent { Exit::Fine } else { Exit::Failed }
    }
}

impl UrgentReading {
    fn new(urgent: &Urgent, allowed: NonZeroU32, results: &Path) -> Result<Self, Failure> {
        let behind_seconds = time_for(urgent.among, allowed.get().into()).as_secs_f64();
        let waits = urgent.waits(results)?;
        Ok(Self { pushed: urgent.pushed, among: urgent.among, behind_seconds, waits })
    }
}

impl DepthReading {
    fn new(sample: &Sample) -> Self {
        let tasks = QUEUES.into_iter().zip(sample.depths.iter().copied()).collect();
        Self { seconds: sample.at.as_secs_f64(), tasks }
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

impl fmt::Display for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.drain)?;
        writeln!(f, "tasks in each queue over time, and the most there were:\n")?;
        self.told.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f, "\n{}", End(self))?;
        let (calls, refused) = (human::counted(self.api_calls, "call"), HumanCount(self.api_refused));
        writeln!(f, "the API saw {calls} and refused {refused}")?;
        if self.api_refused > 0 {
            writeln!(f, "those had been held up on their way, by a busy machine, and came in a bunch")?;
        }
        let (used, kept) = (self.limit_used * 100.0, f64::from(self.told.headroom_per_mille) / 10.0);
        writeln!(f, "{used:.1}% of its limit was used: {kept}% are kept back for jitter on the way")?;
        if let Some(urgent) = &self.urgent {
            writeln!(f, "{urgent}")?;
        }
        if self.drain.retried > 0 {
            writeln!(f, "{} failed at first, to be tried again", human::counted(self.drain.retried, "call"))?;
        }
        if !self.dead_letters.is_empty() {
            let dead = human::counted(self.dead_letters.len(), "task");
            writeln!(f, "{dead} in the dead-letter queue, with the reason:")?;
        }
        self.dead_letters.iter().try_for_each(|letter| writeln!(f, "  {letter}"))?;
        writeln!(f, "\nwhat to type next:")?;
        writeln!(f, "  jobq run FILE --rate 50/s     your own calls: urls, CSV or JSON Lines")?;
        writeln!(f, "  jobq init                     a jobq.toml, for queues that stay")?;
        writeln!(f, "  jobq --help                   everything else")
    }
}

/// How the batch has ended.
struct End<'a>(&'a DemoReport);

impl fmt::Display for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (batch, told) = (&self.0.batch, self.0.ends_told);
        let [known, done, dead] = [batch.known, batch.done, batch.dead].map(HumanCount);
        let took = human::roughly(Duration::from_secs_f64(batch.seconds));
        let name = &batch.batch;
        let Some(at) = &batch.finished_at else {
            let open = HumanCount(batch.open);
            return write!(f, "batch '{name}' has not ended: {open} of {known} known tasks are open");
        };
        let times = if told == 1 { "once".to_owned() } else { format!("{told} times") };
        writeln!(f, "batch '{name}' has ended after {took}: {known} known = {done} done + {dead} dead")?;
        write!(f, "its last task ended at {at}; on_complete was told {times}")
    }
}

impl fmt::Display for UrgentReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pushed, among, behind_seconds, waits } = self;
        let behind = human::roughly(Duration::from_secs_f64(*behind_seconds));
        let waits: Vec<String> = waits.iter().map(|wait| format!("{:.2}", wait.waited_seconds)).collect();
        let among = HumanCount(*among);
        write!(f, "{pushed} urgent tasks came while {among} others waited, {behind} of calls at the limit")?;
        if waits.is_empty() {
            return write!(f, ";\nthey were not called");
        }
        write!(f, ";\nthey were called after {} s", waits.join(", "))
    }
}
