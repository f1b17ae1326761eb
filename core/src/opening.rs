//! An opening: when a queue opens, and for how long.

pub mod cron;
mod field;
pub mod times;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::human;
use crate::zone::Zone;
use cron::Cron;

/// A cron expression is good to the minute, and so is what it opens.
const MINUTE: Duration = Duration::from_secs(60);

/// A leap year: what opens once a year and stays open for longer never closes.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The longest expression that EventBridge takes, in characters.
const LONGEST_EXPRESSION: usize = 256;

/// The times at which a queue opens, by the clocks of a time zone, and how long it stays open each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    cron: Cron,
    length: Duration,
    zone: Zone,
}

/// An opening that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not an opening: {why}")]
pub struct OpeningError {
    given: String,
    why: String,
}

impl Opening {
    /// The times at which it begins.
    pub fn cron(&self) -> &Cron {
        &self.cron
    }

    /// How long it lasts: whole minutes, 1 minute to 366 days.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Whose clocks say when it begins.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// `cron(...)` as EventBridge reads it.
    pub fn expression(&self) -> String {
        format!("cron({})", self.cron)
    }
}

impl FromStr for Opening {
    type Err = OpeningError;

    fn from_str(text: &str) -> Result<Self, OpeningError> {
        read(text.trim()).map_err(|why| OpeningError { given: text.to_owned(), why })
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cron({}) for {}", self.cron, human::duration(self.length))?;
        if self.zone == Zone::UTC { Ok(()) } else { write!(f, " in {}", self.zone.name()) }
    }
}

fn read(text: &str) -> Result<Opening, String> {
    const LIKE: &str = "write it like 'cron(0 0 * * ? *) for 6h'";
    if text.starts_with("rate(") || text.starts_with("at(") {
        let wrong = "only cron(...) says at which hours a queue is open, day after day";
        return Err(format!("{wrong}: {LIKE}"));
    }
    let inner = text.strip_prefix("cron(").ok_or_else(|| format!("it doesn't start with 'cron(': {LIKE}"))?;
    let (fields, rest) =
        inner.split_once(')').ok_or_else(|| format!("its parenthesis is not closed: {LIKE}"))?;
    let length = rest
        .trim_start()
        .strip_prefix("for ")
        .ok_or_else(|| format!("it doesn't say how long the queue stays open: {LIKE}"))?;
    let (length, zone) = match length.split_once(" in ") {
        Some((length, name)) => (length, name.trim().parse()?),
        None => (length, Zone::UTC),
    };
    let opening = Opening { cron: Cron::read(fields)?, length: read_length(length.trim())?, zone };
    if opening.expression().len() > LONGEST_EXPRESSION {
        return Err(format!(
            "EventBridge takes at most {LONGEST_EXPRESSION} characters of cron(...): use ranges"
        ));
    }
    Ok(opening)
}

fn read_length(text: &str) -> Result<Duration, String> {
    let length = human::parse_duration(text).map_err(|why| why.to_string())?;
    if length < MINUTE || length > LONGEST {
        return Err(format!("a queue stays open for 1m to {}, not for {text}", human::duration(LONGEST)));
    }
    if !length.as_secs().is_multiple_of(60) || length.subsec_nanos() > 0 {
        return Err(format!("a queue stays open for whole minutes, not for {text}"));
    }
    Ok(length)
}

#[cfg(test)]
mod tests;
