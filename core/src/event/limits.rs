//! What happens on a limit's calendar.

use std::time::Duration;

use super::metric::Metric;
use super::telling::{Amount, Key, Level, Measure, Measures, Telling, Told};
use crate::name::LimitName;
use crate::policy::calendar::book::Why;

/// Slots of the limit's calendar were booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseBooked {
    /// On which limit.
    pub limit: LimitName,
    /// How many slots.
    pub count: u32,
}

/// The limit has no slot now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseDeferred {
    /// Which limit.
    pub limit: LimitName,
    /// For what reason.
    pub why: Why,
    /// For how long.
    pub wait: Duration,
}

/// A slot passed its use-by instant without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotsForfeited {
    /// On which limit.
    pub limit: LimitName,
    /// How many.
    pub count: u32,
}

/// The API said it was called too fast; the limit cools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitCooled {
    /// Which limit.
    pub limit: LimitName,
    /// The status that said so.
    pub status: u16,
}

impl LeaseDeferred {
    /// Whether it is what a limit is for: waiting for one's place in the pace.
    pub fn is_the_pace(&self) -> bool {
        matches!(self.why, Why::Pace | Why::Permits)
    }
}

impl Telling for LeaseBooked {
    fn name(&self) -> &'static str {
        "lease_booked"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.limit), (Key::Slots, Told::Count(self.count.into()))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::SlotsBooked).amount(Amount::More(self.count.into())).alone()
    }
}

impl Telling for LeaseDeferred {
    fn name(&self) -> &'static str {
        "lease_deferred"
    }

    fn level(&self) -> Level {
        if self.is_the_pace() { Level::Debug } else { Level::Info }
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let wait = (Key::WaitSeconds, Told::Seconds(self.wait));
        vec![of(&self.limit), (Key::Why, Told::Text(self.why.as_str())), wait]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::LeasesDeferred).by(self.why.word()).alone()
    }
}

impl Telling for SlotsForfeited {
    fn name(&self) -> &'static str {
        "slots_forfeited"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.limit), (Key::Slots, Told::Count(self.count.into()))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::SlotsForfeited).amount(Amount::More(self.count.into())).alone()
    }
}

impl Telling for LimitCooled {
    fn name(&self) -> &'static str {
        "limit_cooled"
    }

    fn level(&self) -> Level {
        Level::Warn
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![of(&self.limit), (Key::Status, Told::Count(self.status.into()))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::AnswersThrottled).alone()
    }
}

/// The limit as a field.
fn of(limit: &LimitName) -> (Key, Told<'_>) {
    (Key::Limit, Told::Text(limit.as_str()))
}
