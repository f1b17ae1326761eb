//! Steering a limit by hand: what is asked for, written down with who, when and why, and what was so before.

use std::fmt;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::limit::Limit;
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
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Set(Pace),
    Reset,
    Pause,
    Resume,
}

/// What was done, and the limit as it is now.
#[derive(Debug, Serialize)]
pub(crate) struct Steered {
    /// The change as it was written down.
    change: ChangeReading,
    /// The one before it, whoever made it.
    before: Option<ChangeReading>,
    #[serde(flatten)]
    pub(crate) reading: LimitReading,
}

impl Steered {
    /// That somebody else has changed it just before, if they have: two people may be steering at once.
    pub(crate) fn rival(&self) -> Option<String> {
        let other = self.before.as_ref().filter(|other| other.who != self.change.who && other.ago < JUST_NOW);
        other.map(|other| format!("somebody else has changed it {other}"))
    }
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
    if let Some(rival) = steered.rival() {
        printer.warn(rival);
    }
    Ok(steered)
}

/// Makes the change.
pub(crate) async fn change(store: &Store, limit: &Limit, wish: Wish) -> Result<Steered, Failure> {
    let clock = SystemClock::new();
    let by = By { who: wish.who.unwrap_or_else(who), at: clock.now(), why: wish.reason };
    let until = wish.length.map(|length| by.at.plus(length));
    let wanted = match wish.what {
        What::Set(pace) => Steer::Set(pace, until),
        What::Reset => Steer::Reset,
        What::Pause => Steer::Pause(until),
        What::Resume => Steer::Resume,
    };
    let mut known = store.load(&limit.name).await?;
    let before = loop {
        let next = steer(&known.state, wanted, by.clone());
        match store.swap(&limit.name, known.version, &next).await? {
            Swap::Written(_) => break known.state.changes.pop(),
            // Whoever was faster stays written down; this change comes after theirs.
            Swap::Conflict(current) => known = current,
        }
    };
    let before = before.map(|other| ChangeReading::new(&other, by.at));
    let change = ChangeReading::new(&steer::change(wanted, by), clock.now());
    Ok(Steered { change, before, reading: limit_reading(store, limit).await? })
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
