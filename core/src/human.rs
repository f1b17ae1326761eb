//! Lengths of time, instants and sizes as people write them: `500ms`, `30s`, `2h`, `7d`; `2026-11-21T14:00:00Z`;
//! `64KiB`, `10MB`.

use std::time::Duration;

use crate::time::{Timestamp, nanos};

const DURATIONS: [(&str, u64); 6] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
];

const SIZES: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// A length of time or a size that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not a {what}: write a whole number and a unit, like {like}")]
pub struct HumanError {
    given: String,
    what: &'static str,
    like: &'static str,
}

/// A point in time that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{given}' is no point in time: write how long ago, like 30m, 2h or 7d, or like 2026-11-21T14:00:00Z"
)]
pub struct InstantError {
    given: String,
}

/// Reads a length of time such as `30s`, `500ms` or `2h`.
pub fn parse_duration(text: &str) -> Result<Duration, HumanError> {
    let error =
        || HumanError { given: text.to_owned(), what: "length of time", like: "500ms, 30s, 10m, 2h or 7d" };
    measured(text, &DURATIONS).map(Duration::from_nanos).ok_or_else(error)
}

/// Reads a length of time that isn't zero. The error is the text, as readers of settings and flags want it.
pub fn positive(text: &str) -> Result<Duration, String> {
    let length = parse_duration(text).map_err(|error| error.to_string())?;
    if length.is_zero() { Err("it can't be zero".to_owned()) } else { Ok(length) }
}

/// Reads a point in time: how long before `now` (`30m`, `2h`, `7d`), or RFC 3339 with its offset
/// (`2026-11-21T14:00:00Z`). From 1970 on.
pub fn parse_instant(text: &str, now: Timestamp) -> Result<Timestamp, InstantError> {
    if let Ok(ago) = parse_duration(text) {
        return Ok(now.minus(ago));
    }
    Timestamp::parse(text).ok_or_else(|| InstantError { given: text.to_owned() })
}

/// Reads a size in bytes such as `64KiB`, `10MB` or `512B`.
pub fn parse_size(text: &str) -> Result<u64, HumanError> {
    let error = || HumanError { given: text.to_owned(), what: "size", like: "64KiB, 10MB or 1GiB" };
    measured(text, &SIZES).ok_or_else(error)
}

/// Reads the time part of a rate or quota: a unit alone (`s`), or with a number (`10s`). Zero is refused.
pub fn parse_unit(text: &str) -> Option<Duration> {
    let unit = DURATIONS.iter().find(|(unit, _)| *unit == text).map(|(_, nanos)| *nanos);
    unit.or_else(|| measured(text, &DURATIONS)).filter(|nanos| *nanos > 0).map(Duration::from_nanos)
}

/// Writes a length of time with the largest unit that leaves it whole: `90s`, `2h`.
pub fn duration(length: Duration) -> String {
    let total = nanos(length);
    let whole = DURATIONS.iter().find(|(_, unit)| total >= *unit && total.is_multiple_of(*unit));
    match whole {
        Some((name, unit)) => format!("{}{name}", total / unit),
        None if total == 0 => "0s".to_owned(),
        None => format!("{total}ns"),
    }
}

/// Writes the time part of a rate: `s`, or `10s` where it isn't one whole unit.
pub fn unit(per: Duration) -> String {
    let text = duration(per);
    text.strip_prefix('1')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        .map_or_else(|| text.clone(), str::to_owned)
}

/// Writes a length of time roughly, for people to read at a glance: `3h 20m`, `4m 10s`, `12s`, `0.4s`.
pub fn roughly(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", length.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Writes a sum of dollars that is an estimate: `about $12.30`, `about $0.012`, `less than $0.001`.
pub fn about_dollars(sum: f64) -> String {
    match sum {
        0.1.. => format!("about ${sum:.2}"),
        0.001..0.1 => format!("about ${sum:.3}"),
        _ => "less than $0.001".to_owned(),
    }
}

/// So many of something, whose plural ends with an s: `1 task`, `1,204 tasks`.
pub fn counted(count: impl TryInto<u64>, one: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    format!("{} {one}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// With a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn measured(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    //! What people write, and what they read.

    use super::*;

    #[test]
    fn one_is_no_plural() {
        let told = [0_u64, 1, 2, 1_204, 65_000_000].map(|count| counted(count, "dead letter"));
        let expected = ["0 dead letters", "1 dead letter", "2 dead letters", "1,204 dead letters"];
        assert_eq!(told[..4], expected);
        assert_eq!(told[4], "65,000,000 dead letters");
    }

    #[test]
    fn durations_and_sizes_read_and_write() {
        for text in ["500ms", "30s", "10m", "2h", "7d", "90s", "250us"] {
            assert_eq!(duration(parse_duration(text).unwrap()), text);
        }
        assert_eq!(parse_size("64KiB").unwrap(), 65_536);
        assert_eq!(parse_size("10MB").unwrap(), 10_000_000);
        for bad in ["", "5", "s", "5 s", "-5s", "1.5s", "5x", "99999999999999999999s"] {
            assert!(parse_duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn zero_is_not_positive() {
        assert_eq!(positive("2h").unwrap(), Duration::from_secs(7_200));
        assert_eq!(positive("0s").unwrap_err(), "it can't be zero");
        assert!(positive("two").unwrap_err().contains("is not a length of time"));
    }

    #[test]
    fn instants_are_ago_or_written_out() {
        let now = Timestamp::from_secs(1_795_269_787);
        let seconds = |text| parse_instant(text, now).unwrap().as_nanos() / 1_000_000_000;
        assert_eq!(seconds("2h"), 1_795_269_787 - 7_200);
        assert_eq!(seconds("0s"), 1_795_269_787);
        assert_eq!(seconds("99999d"), 0, "before 1970 there was nothing");
        assert_eq!(seconds("2026-11-21T14:03:07Z"), 1_795_269_787);
        assert_eq!(seconds("2026-11-21T15:03:07.000123+01:00"), 1_795_269_787);
        assert_eq!(parse_instant(&now.to_string(), now), Ok(now));
        for bad in ["", "yesterday", "2026-11-21", "2026-11-21T14:03:07", "-2h", "1950-01-01T00:00:00Z"] {
            assert!(parse_instant(bad, now).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn dollars_are_as_exact_as_an_estimate() {
        for (sum, told) in [
            (0.0, "less than $0.001"),
            (0.000_9, "less than $0.001"),
            (0.012_34, "about $0.012"),
            (0.129_9, "about $0.13"),
            (12.301, "about $12.30"),
        ] {
            assert_eq!(about_dollars(sum), told);
        }
    }

    #[test]
    fn glances_are_short() {
        let glance = |seconds| roughly(Duration::from_secs_f64(seconds));
        assert_eq!(glance(0.44), "0.4s");
        assert_eq!(glance(12.9), "12s");
        assert_eq!(glance(250.0), "4m 10s");
        assert_eq!(glance(12_000.0), "3h 20m");
        assert_eq!(glance(100_000.0), "1d 03h");
    }
}
