//! Times: when something recurs, an instant each time.

use std::fmt;
use std::str::FromStr;

use super::cron::Cron;
use super::{LONGEST_EXPRESSION, MINUTE, Opening};
use crate::zone::Zone;

/// The instants at which something recurs, by the clocks of a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// An opening of a minute, the shortest there is: only its beginnings count.
    beginnings: Opening,
}

/// Times that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' doesn't say when: {why}")]
pub struct TimesError {
    given: String,
    why: String,
}

impl Times {
    /// Whose clocks they go by.
    pub fn zone(&self) -> &Zone {
        self.beginnings.zone()
    }

    /// `cron(...)` as EventBridge reads it.
    pub fn expression(&self) -> String {
        self.beginnings.expression()
    }

    /// Openings that begin at these instants.
    pub(crate) fn beginnings(&self) -> &Opening {
        &self.beginnings
    }
}

impl FromStr for Times {
    type Err = TimesError;

    fn from_str(text: &str) -> Result<Self, TimesError> {
        read(text.trim()).map_err(|why| TimesError { given: text.to_owned(), why })
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expression())?;
        if *self.zone() == Zone::UTC { Ok(()) } else { write!(f, " in {}", self.zone().name()) }
    }
}

fn read(text: &str) -> Result<Times, String> {
    const LIKE: &str = "write it like 'cron(0 2 * * ? *)', or 'cron(0 2 * * ? *) in Europe/Oslo'";
    let inner = text.strip_prefix("cron(").ok_or_else(|| format!("it doesn't start with 'cron(': {LIKE}"))?;
    let (fields, rest) =
        inner.split_once(')').ok_or_else(|| format!("its parenthesis is not closed: {LIKE}"))?;
    let zone = match (rest.trim(), rest.trim_start().strip_prefix("in ")) {
        ("", _) => Zone::UTC,
        (_, Some(name)) => name.trim().parse()?,
        (other, None) if other.starts_with("for ") => {
            return Err(format!("it comes at an instant, and lasts no time: {LIKE}"));
        }
        (other, None) => return Err(format!("'{other}' stands behind it: {LIKE}")),
    };
    let beginnings = Opening { cron: Cron::read(fields)?, length: MINUTE, zone };
    if beginnings.expression().len() > LONGEST_EXPRESSION {
        return Err(format!(
            "EventBridge takes at most {LONGEST_EXPRESSION} characters of cron(...): use ranges"
        ));
    }
    Ok(Times { beginnings })
}

#[cfg(test)]
mod tests {
    //! What is read as times, and what the rest is told.

    use super::*;

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["cron(0 2 * * ? *)", "cron(30 2 ? * MON-FRI *) in Europe/Oslo"] {
            assert_eq!(text.parse::<Times>().unwrap().to_string(), text);
        }
        assert_eq!(" cron(0 2 * * ? *)  in  utc ".parse::<Times>().unwrap().to_string(), "cron(0 2 * * ? *)");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        const LIKE: &str = "write it like 'cron(0 2 * * ? *)', or 'cron(0 2 * * ? *) in Europe/Oslo'";
        for (text, why) in [
            ("rate(1 day)", format!("it doesn't start with 'cron(': {LIKE}")),
            ("cron(0 2 * * ? *", format!("its parenthesis is not closed: {LIKE}")),
            ("cron(0 2 * * ? *) for 1h", format!("it comes at an instant, and lasts no time: {LIKE}")),
            ("cron(0 2 * * ? *) daily", format!("'daily' stands behind it: {LIKE}")),
            (
                "cron(0 2 * * ? *) in Europe/Olso",
                "'Europe/Olso' is not a time zone: use a name like Europe/Oslo".to_owned(),
            ),
        ] {
            let told = text.parse::<Times>().unwrap_err().to_string();
            assert_eq!(told, format!("'{text}' doesn't say when: {why}"));
        }
    }
}
