//! How numbers lie in columns. SQLite's integers are signed; ours never are.

use jobq_core::time::Timestamp;

/// A number for a column. Saturates: instants end in the year 2262 instead of 2554.
pub(super) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count of things in memory for a column.
pub(super) fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

/// A number from a column.
pub(super) fn read(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// An instant for a column.
pub(super) fn instant(at: Timestamp) -> i64 {
    stored(at.as_nanos())
}
