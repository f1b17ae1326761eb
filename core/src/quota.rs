//! Quotas: how many calls a window of time may hold, beside the pace.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use crate::human;

const DAY: Duration = Duration::from_secs(86_400);

/// At most `limit` calls in each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many calls a window may hold.
    pub limit: NonZeroU64,
    /// Which stretches of time it counts over.
    pub window: Window,
}

/// The stretches of time a quota counts over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Every stretch of this length, wherever it starts.
    Sliding(Duration),
    /// Midnight to midnight in the limit's time zone.
    Day,
    /// The first of a month to the first of the next in the limit's time zone.
    Month,
}

/// A quota that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{given}' is not a quota: {why}; write a whole number and a window, like 600/m, 100/10s, 65000/d, 1000000/mo or '65000/d sliding'"
)]
pub struct QuotaError {
    given: String,
    why: &'static str,
}

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let error = |why| QuotaError { given: text.to_owned(), why };
        let (limit, window) = text.split_once('/').ok_or_else(|| error("there is no '/'"))?;
        let limit: u64 =
            limit.trim().parse().map_err(|_| error("the number of calls is not a whole number"))?;
        let limit =
            NonZeroU64::new(limit).ok_or_else(|| error("it can't be zero (pause the limit instead)"))?;
        let window = match window.trim() {
            "d" => Window::Day,
            "mo" => Window::Month,
            "d sliding" => Window::Sliding(DAY),
            "mo sliding" => Window::Sliding(DAY * 30),
            other => {
                let length = other.strip_suffix("sliding").unwrap_or(other).trim();
                let length =
                    human::parse_unit(length).ok_or_else(|| error("the window is not s, m, h, d or mo"))?;
                if length < Duration::from_millis(100) {
                    return Err(error("a window under 100ms is a pace: use rate"));
                }
                Window::Sliding(length)
            }
        };
        Ok(Self { limit, window })
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.limit, self.window)
    }
}

/// The window alone, as it is written in a quota: `m`, `d`, `d sliding`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sliding(length) if *length == DAY => f.write_str("d sliding"),
            Self::Sliding(length) if *length == DAY * 30 => f.write_str("mo sliding"),
            Self::Sliding(length) => f.write_str(&human::unit(*length)),
            Self::Day => f.write_str("d"),
            Self::Month => f.write_str("mo"),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Quotas as people write them.

    use super::*;

    #[test]
    fn reads_and_writes_quotas() {
        for text in ["600/m", "100/10s", "65000/d", "65000/d sliding", "1000000/mo", "5/h", "7/mo sliding"] {
            assert_eq!(text.parse::<Quota>().unwrap().to_string(), text);
        }
        assert_eq!("5/24h".parse::<Quota>().unwrap().window, Window::Sliding(DAY));
        for text in ["600", "600/x", "0/m", "-1/m", "x/m", "5/10ms"] {
            assert!(text.parse::<Quota>().is_err(), "{text}");
        }
    }
}
