//! Steering a limit by hand: what is asked for, written down with who, when and why, and what was so before.

use std::fmt;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::human::positive;
use jobq_core::limit::Limit;
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::policy::calendar::steer::{self, By, Steer, steer};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap};
use jobq_core::rate::Pace;
use serde::Serialize;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::readings::{ChangeReading, LimitReading, limit_reading, limit_rows, table};
use crate::store::Store;

/// A change by somebody else within this is told: two people may be steering at once.
const JUST_NOW: Duration = Duration::from_secs(10 * 60);

/// A change that is asked for.
pub(crate) struct Wish {
    pub(crate) what: What,
    /// For how long; until somebody changes it again if none is said.
    pub(crate) length: Option<Duration>,
    pub(crate) reason: Option<String>,
    /// By whom; whoever is at this terminal if nobody is said.
    pub(crate) who: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Set(Pace),
    Reset,
    Pause,
    Resume,
    PauseQueue(QueueName),
    ResumeQueue(QueueName),
    CancelBatch(BatchId),
}

/// For how long a change holds.
#[derive(Debug, clap::Args)]
pub(crate) struct Span {
    /// For how long, like 10m or 1h [default: until it is changed again]
    #[arg(long = "for", value_name = "TIME", value_parser = positive)]
    length: Option<Duration>,
}

/// What is written down beside a change.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Note {
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// By whom [default: whoever is at this terminal]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Wish {
    /// A change that holds until it is changed again.
    pub(crate) fn lasting(what: What, note: Note) -> Self {
        Self { what, length: None, reason: note.reason, who: note.by }
    }

    /// A change that may end by itself.
    pub(crate) fn for_a_while(what: What, span: Span, note: Note) -> Self {
        Self { length: span.length, ..Self::lasting(what, note) }
    }
}

/// A change as it was written down.
#[derive(Debug, Serialize)]
pub(crate) struct Written {
    change: ChangeReading,
    /// The one before it, whoever made it.
    before: Option<ChangeReading>,
}

impl Written {
    /// That somebody else has changed it just before, if they have: two people may be steering at once.
    pub(crate) fn rival(&self) -> Option<String> {
        let other = self.before.as_ref().filter(|other| other.who != self.change.who && other.ago < JUST_NOW);
        other.map(|other| format!("somebody else has changed it {other}"))
    }
}

/// What was done, and the limit as it is now.
#[derive(Debug, Serialize)]
pub(crate) struct Steered {
    #[serde(flatten)]
    pub(crate) written: Written,
    #[serde(flatten)]
    pub(crate) reading: LimitReading,
}

impl fmt::Display for Steered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &limit_rows(std::slice::from_ref(&self.reading)))
    }
}

/// Makes the change and tells whoever is at this terminal what to think of. Drainers obey at their next lease, within a
/// second or two.
pub(crate) async fn apply(
    store: &Store,
    limit: &Limit,
    wish: Wish,
    printer: Printer,
) -> Result<Steered, Failure> {
    warn(limit, &wish.what, printer);
    let steered = change(store, limit, wish).await?;
    if let Some(rival) = steered.written.rival() {
        printer.warn(rival);
    }
    Ok(steered)
}

/// Makes the change, and reads the limit after it.
pub(crate) async fn change(store: &Store, limit: &Limit, wish: Wish) -> Result<Steered, Failure> {
    let written = write(store, &limit.name, wish).await?;
    Ok(Steered { written, reading: limit_reading(store, limit).await? })
}

/// Writes the change into the limit's document.
pub(crate) async fn write(store: &Store, limit: &LimitName, wish: Wish) -> Result<Written, Failure> {
    let clock = SystemClock::new();
    let by = By { who: wish.who.unwrap_or_else(who), at: clock.now(), why: wish.reason };
    let until = wish.length.map(|length| by.at.plus(length));
    let wanted = match wish.what {
        What::Set(pace) => Steer::Set(pace, until),
        What::Reset => Steer::Reset,
        What::Pause => Steer::Pause(until),
        What::Resume => Steer::Resume,
        What::PauseQueue(queue) => Steer::PauseQueue(queue, until),
        What::ResumeQueue(queue) => Steer::ResumeQueue(queue),
        What::CancelBatch(batch) => Steer::CancelBatch(batch),
    };
    let mut known = store.load(limit).await?;
    let before = loop {
        let next = steer(&known.state, wanted.clone(), by.clone());
        match store.swap(limit, known.version, &next).await? {
            Swap::Written(_) => break known.state.changes.pop(),
            // Whoever was faster stays written down; this change comes after theirs.
            Swap::Conflict(current) => known = current,
        }
    };
    let before = before.map(|other| ChangeReading::new(&other, by.at));
    Ok(Written { change: ChangeReading::new(&steer::change(&wanted, by), clock.now()), before })
}

fn warn(limit: &Limit, what: &What, printer: Printer) {
    let per_second = |pace: Pace| match pace {
        Pace::Limited(rate) => rate.per_second(),
        Pace::Unlimited => f64::INFINITY,
    };
    if let What::Set(pace) = what
        && per_second(*pace) > per_second(limit.pace)
    {
        printer.warn(format_args!(
            "{pace} is faster than the configured {}: does the API allow it?",
            limit.pace
        ));
    }
}

/// Who is at this terminal, for whoever asks later.
fn who() -> String {
    let host = whoami::hostname().unwrap_or_else(|_| "an unknown host".to_owned());
    let user = whoami::username().unwrap_or_else(|_| "somebody".to_owned());
    format!("{user}@{host}")
}
