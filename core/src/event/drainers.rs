//! What happens to drainers.

use std::time::Duration;

use super::metric::Metric;
use super::telling::{Amount, Key, Level, Measure, Measures, Telling, Told, beginning};
use crate::name::LimitName;

/// One run of a function on AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What its drainer is called.
    pub drainer: String,
    /// Who had it run, in one word.
    pub woken_by: &'static str,
}

/// Drainers of this process set to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainBegun {
    /// On which limit.
    pub limit: LimitName,
    /// How many.
    pub drainers: u16,
    /// In which run of a function, if it is one.
    pub run: Option<Run>,
}

/// All drainers of this process have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainEnded {
    /// On which limit.
    pub limit: LimitName,
    /// Calls started.
    pub calls: u64,
    /// Tasks that ended well.
    pub done: u64,
    /// Failed attempts whose task is tried again.
    pub retried: u64,
    /// Calls that the API refused because it was called too fast.
    pub refused: u64,
    /// Tasks that died.
    pub dead: u64,
    /// Tasks handed back without a call.
    pub released: u64,
    /// Tasks never called, because their batch was canceled.
    pub skipped: u64,
    /// Settlements that came too late.
    pub stale: u64,
    /// Slots that passed without a call.
    pub forfeited: u64,
    /// How long it took.
    pub took: Duration,
    /// In which run of a function, if it was one.
    pub run: Option<Run>,
}

/// A function's run could not drain. No flow records this: the function writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainFailed {
    /// On which limit; `None` where it failed before that was known.
    pub limit: Option<LimitName>,
    /// Which run.
    pub run: Run,
    /// Why.
    pub error: String,
}

/// The ledger doesn't answer, and a drainer goes on with its own share of the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainerWentAlone {
    /// On which limit.
    pub limit: LimitName,
    /// Its share is one of so many.
    pub of: u32,
}

/// The ledger answers again, and a drainer books with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainerRejoined {
    /// On which limit.
    pub limit: LimitName,
}

impl Telling for DrainBegun {
    fn name(&self) -> &'static str {
        "drain_begun"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let own = [on(&self.limit), (Key::Drainers, Told::Count(self.drainers.into()))];
        own.into_iter().chain(self.run.iter().flat_map(in_run)).collect()
    }
}

impl Telling for DrainEnded {
    fn name(&self) -> &'static str {
        "drain_ended"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let own = [
            on(&self.limit),
            (Key::Calls, Told::Count(self.calls)),
            (Key::Done, Told::Count(self.done)),
            (Key::Dead, Told::Count(self.dead)),
            (Key::Retried, Told::Count(self.retried)),
            (Key::Refused, Told::Count(self.refused)),
            (Key::Released, Told::Count(self.released)),
            (Key::Skipped, Told::Count(self.skipped)),
            (Key::Stale, Told::Count(self.stale)),
            (Key::Forfeited, Told::Count(self.forfeited)),
            (Key::Seconds, Told::Seconds(self.took)),
        ];
        own.into_iter().chain(self.run.iter().flat_map(in_run)).collect()
    }
}

impl Telling for DrainFailed {
    fn name(&self) -> &'static str {
        "drain_failed"
    }

    fn level(&self) -> Level {
        Level::Error
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let limit = self.limit.as_ref().map(on);
        limit.into_iter().chain(in_run(&self.run)).chain([(Key::Error, beginning(&self.error))]).collect()
    }
}

impl Telling for DrainerWentAlone {
    fn name(&self) -> &'static str {
        "drainer_went_alone"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![on(&self.limit), (Key::ShareIsOneOf, Told::Count(self.of.into()))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::DrainersAlone).alone()
    }
}

impl Telling for DrainerRejoined {
    fn name(&self) -> &'static str {
        "drainer_rejoined"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![on(&self.limit)]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::DrainersAlone).amount(Amount::Fewer(1)).alone()
    }
}

/// The limit as a field.
fn on(limit: &LimitName) -> (Key, Told<'_>) {
    (Key::Limit, Told::Text(limit.as_str()))
}

/// The run of a function as fields.
fn in_run(run: &Run) -> [(Key, Told<'_>); 2] {
    [(Key::Drainer, Told::Text(&run.drainer)), (Key::WokenBy, Told::Text(run.woken_by))]
}
