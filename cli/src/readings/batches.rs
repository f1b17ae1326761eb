//! What the commands show of batches.

use std::time::Duration;

use jobq_core::batch::BatchSummary;
use jobq_core::human;
use jobq_core::time::Timestamp;
use serde::Serialize;

use super::queues::count;
use super::row;
use crate::progress::time_for;

/// Over less than this no rate can be told.
const TELLING: Duration = Duration::from_secs(1);

/// One batch as it is now.
#[derive(Debug, Serialize)]
pub(crate) struct BatchReading {
    pub(crate) batch: String,
    pub(crate) queue: String,
    pub(crate) state: State,
    pub(crate) known: u64,
    pub(crate) done: u64,
    pub(crate) dead: u64,
    pub(crate) skipped: u64,
    pub(crate) open: u64,
    pushed_whole: bool,
    created_at: String,
    pub(crate) finished_at: Option<String>,
    canceled_at: Option<String>,
    /// From its push to its end, or until now.
    pub(crate) seconds: f64,
    /// How many of its tasks ended a second, on average.
    pub(crate) ended_per_second: Option<f64>,
    /// How long the rest takes at that rate. What is still to grow isn't known.
    pub(crate) eta_seconds: Option<f64>,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Its source wasn't read to the end yet.
    Pushing,
    /// Some of it is open.
    Open,
    /// Nothing of it is open.
    Finished,
    /// It was canceled, and some of it is open.
    Canceling,
    /// It was canceled, and nothing of it is open.
    Canceled,
}

impl State {
    pub(crate) fn of(batch: &BatchSummary) -> Self {
        match (batch.canceled_at.is_some(), batch.tally.open() > 0, batch.complete) {
            (true, true, _) => Self::Canceling,
            (true, false, _) => Self::Canceled,
            (false, _, false) => Self::Pushing,
            (false, true, true) => Self::Open,
            (false, false, true) => Self::Finished,
        }
    }

    /// Whether nothing will happen to it any more.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Canceled)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Pushing => "pushed in part",
            Self::Open => "open",
            Self::Finished => "finished",
            Self::Canceling => "canceling",
            Self::Canceled => "canceled",
        }
    }
}

impl BatchReading {
    pub(crate) fn new(batch: &BatchSummary, now: Timestamp) -> Self {
        let took = batch.finished_at.unwrap_or(now).since(batch.created_at);
        let tally = batch.tally;
        let ended = tally.done + tally.dead;
        #[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 tasks")]
        let rate = (took >= TELLING && ended > 0).then(|| ended as f64 / took.as_secs_f64());
        let rest = (tally.open() > 0).then_some(tally.open());
        let eta = rate.zip(rest).map(|(rate, rest)| time_for(rest, rate).as_secs_f64());
        Self {
            batch: batch.id.to_string(),
            queue: batch.queue.to_string(),
            state: State::of(batch),
            known: tally.known,
            done: tally.done,
            dead: tally.dead,
            skipped: tally.skipped,
            open: tally.open(),
            pushed_whole: batch.complete,
            created_at: batch.created_at.to_string(),
            finished_at: batch.finished_at.map(|at| at.to_string()),
            canceled_at: batch.canceled_at.map(|at| at.to_string()),
            seconds: took.as_secs_f64(),
            ended_per_second: rate,
            eta_seconds: eta,
        }
    }
}

/// A table of batches, with its heading.
pub(crate) fn batch_rows(batches: &[BatchReading]) -> Vec<Vec<String>> {
    let heading = row(["BATCH", "QUEUE", "STATE", "DONE", "DEAD", "SKIPPED", "OPEN", "KNOWN", "TIME", "ETA"]);
    let cells = |batch: &BatchReading| {
        let long = |seconds: f64| human::roughly(Duration::from_secs_f64(seconds));
        vec![
            batch.batch.clone(),
            batch.queue.clone(),
            batch.state.word().to_owned(),
            count(batch.done),
            count(batch.dead),
            count(batch.skipped),
            count(batch.open),
            count(batch.known),
            long(batch.seconds),
            batch.eta_seconds.map_or_else(|| "-".to_owned(), long),
        ]
    };
    std::iter::once(heading).chain(batches.iter().map(cells)).collect()
}
