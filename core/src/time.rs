//! Points in time, as they are stored and sent.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in wall time: nanoseconds since the Unix epoch, good until the year 2554.
///
/// Nanoseconds, because the calendar of a fast limit has slots a few microseconds apart. All arithmetic
/// saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The instant `nanos` nanoseconds after the epoch.
    pub fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant `micros` microseconds after the epoch.
    pub fn from_micros(micros: u64) -> Self {
        Self(micros.saturating_mul(1_000))
    }

    /// The instant `seconds` seconds after the epoch.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Reads RFC 3339 with its offset, as `Display` writes it; `None` for anything else, and before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(instant.as_nanosecond()).ok().map(Self)
    }

    /// Nanoseconds since the epoch.
    pub fn as_nanos(self) -> u64 {
        self.0
    }

    /// Microseconds since the epoch, rounded down.
    pub fn as_micros(self) -> u64 {
        self.0 / 1_000
    }

    /// This instant moved later by `length`.
    pub fn plus(self, length: Duration) -> Self {
        Self(self.0.saturating_add(nanos(length)))
    }

    /// This instant moved earlier by `length`, the epoch at the earliest.
    pub fn minus(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(length)))
    }

    /// The time from `earlier` until this instant; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// RFC 3339 in UTC with microseconds: `2026-11-21T14:03:07.000123Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i64::try_from(self.as_micros()).unwrap_or(i64::MAX);
        let instant = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{instant:.6}")
    }
}

/// `length` in nanoseconds, at most `u64::MAX`.
pub fn nanos(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    //! Arithmetic at the edges, and how an instant reads.

    use super::*;

    #[test]
    fn arithmetic_saturates() {
        let second = Duration::from_secs(1);
        assert_eq!(Timestamp::EPOCH.minus(second), Timestamp::EPOCH);
        assert_eq!(Timestamp::from_nanos(u64::MAX).plus(second), Timestamp::from_nanos(u64::MAX));
        assert_eq!(Timestamp::EPOCH.since(Timestamp::from_secs(5)), Duration::ZERO);
    }

    #[test]
    fn reads_as_rfc_3339_with_microseconds() {
        let instant = Timestamp::from_micros(1_795_269_787_000_123);
        assert_eq!(instant.to_string(), "2026-11-21T14:03:07.000123Z");
        assert_eq!(Timestamp::parse(&instant.to_string()), Some(instant));
        assert_eq!(Timestamp::parse("2h"), None);
    }
}
