//! Whole minutes: a cron expression is no finer.

use std::time::Duration;

use jiff::civil::Date;

use super::minutes::A_DAY;
use crate::time::Timestamp;

/// A whole minute, counted from the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) u64);

impl Moment {
    /// The minute that `instant` lies in.
    pub(super) fn of(instant: Timestamp) -> Self {
        Self(minutes(instant.since(Timestamp::EPOCH)))
    }

    /// So many minutes after the epoch; there is none before it.
    pub(super) fn from_minutes(minutes: i64) -> Option<Self> {
        u64::try_from(minutes).ok().map(Self)
    }

    pub(super) fn instant(self) -> Timestamp {
        Timestamp::from_secs(self.0.saturating_mul(60))
    }

    pub(super) fn of_jiff(instant: jiff::Timestamp) -> Option<Self> {
        Self::from_minutes(instant.as_second().div_euclid(60))
    }

    pub(super) fn to_jiff(self) -> jiff::Timestamp {
        let seconds = i64::try_from(self.0.saturating_mul(60)).unwrap_or(i64::MAX);
        jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX)
    }

    /// The midnight before it, in UTC.
    pub(super) fn midnight(self) -> Self {
        Self(self.0 - self.0 % A_DAY)
    }

    /// How many days lie between the epoch and `date`.
    pub(super) fn days_since_epoch(date: Date) -> i64 {
        date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
    }
}

/// The whole minutes in `length`.
pub(super) fn minutes(length: Duration) -> u64 {
    length.as_secs() / 60
}
