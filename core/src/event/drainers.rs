//! What happens to drainers.

use std::time::Duration;

use super::metric::Metric;
use super::telling::{Amount, Key, Level, Measure, Measures, Telling, Told};
use crate::name::LimitName;

/// Drainers of this process set to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainBegun {
    /// On which limit.
    pub limit: LimitName,
    /// How many.
    pub drainers: u16,
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
    /// How long it took.
    pub took: Duration,
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
        vec![on(&self.limit), (Key::Drainers, Told::Count(self.drainers.into()))]
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
        vec![
            on(&self.limit),
            (Key::Calls, Told::Count(self.calls)),
            (Key::Done, Told::Count(self.done)),
            (Key::Dead, Told::Count(self.dead)),
            (Key::Retried, Told::Count(self.retried)),
            (Key::Refused, Told::Count(self.refused)),
            (Key::Released, Told::Count(self.released)),
            (Key::Seconds, Told::Seconds(self.took)),
        ]
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
