//! Statuses as a queue's settings name them: one, or a whole class.

use std::fmt;
use std::str::FromStr;

/// One HTTP status (`404`) or a class of them (`4xx`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statuses {
    /// This one.
    One(u16),
    /// Those that begin with this digit, 1 to 5.
    Class(u16),
}

/// Something that is neither a status nor a class of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a status: write one like 404, or a class like 5xx")]
pub struct StatusError(String);

impl Statuses {
    /// Whether `status` is meant.
    pub fn cover(self, status: u16) -> bool {
        match self {
            Self::One(own) => own == status,
            Self::Class(digit) => status / 100 == digit,
        }
    }
}

impl FromStr for Statuses {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        let error = || StatusError(text.to_owned());
        let parsed = match text.strip_suffix("xx") {
            Some(digit) => digit.parse().map(Self::Class),
            None => text.parse().map(Self::One),
        };
        match parsed.map_err(|_| error())? {
            Self::Class(digit) if !(1..=5).contains(&digit) => Err(error()),
            Self::One(status) if !(100..=599).contains(&status) => Err(error()),
            statuses => Ok(statuses),
        }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Class(digit) => write!(f, "{digit}xx"),
        }
    }
}

#[cfg(test)]
mod tests {
    //! One, a class, and neither.

    use super::*;

    #[test]
    fn reads_one_and_a_class() {
        for (text, covered, not) in [("404", 404, 405), ("4xx", 429, 500)] {
            let statuses: Statuses = text.parse().unwrap();
            assert!(statuses.cover(covered) && !statuses.cover(not));
            assert_eq!(statuses.to_string(), text);
        }
        for bad in ["", "xx", "6xx", "99", "600", "40x", "-4xx", "abc"] {
            assert!(bad.parse::<Statuses>().is_err(), "{bad}");
        }
    }
}
