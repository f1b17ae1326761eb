//! How fast: a number of calls a length of time, exactly as it was written.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use crate::human;
use crate::time::nanos;

/// Calls a length of time: `50/s`, `10/m`, `3/10s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    calls: NonZeroU64,
    per: Duration,
}

/// A rate that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{given}' is not a rate: {why}; write a whole number of calls and a unit, like 50/s, 600/m, 10/5s or none"
)]
pub struct RateError {
    given: String,
    why: &'static str,
}

/// The pace of a limit: a rate, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// No spacing between calls; quotas and cool-downs still hold.
    Unlimited,
    /// At most this many, evenly spaced.
    Limited(Rate),
}

impl Rate {
    /// `calls` evenly spaced over each `per`. `None` where `per` is zero or the spacing is under a nanosecond.
    pub fn new(calls: NonZeroU64, per: Duration) -> Option<Self> {
        (nanos(per) / calls > 0).then_some(Self { calls, per })
    }

    /// The time between two calls, rounded up to whole nanoseconds, so that rounding never speeds up.
    pub fn interval(self) -> Duration {
        Duration::from_nanos(nanos(self.per).div_ceil(self.calls.get()))
    }

    /// How many calls, as it was written.
    pub fn calls(self) -> NonZeroU64 {
        self.calls
    }

    /// In how long a time, as it was written; not zero.
    pub fn per(self) -> Duration {
        self.per
    }

    /// Calls a second.
    #[allow(clippy::cast_precision_loss, reason = "for display and sizing only")]
    pub fn per_second(self) -> f64 {
        self.calls.get() as f64 / self.per.as_secs_f64()
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let error = |why| RateError { given: text.to_owned(), why };
        let (calls, per) = text.split_once('/').ok_or_else(|| error("there is no '/'"))?;
        let calls = calls.trim();
        if calls.starts_with('-') {
            return Err(error("it can't be negative"));
        }
        let calls: u64 = calls.parse().map_err(|_| error("the number of calls is not a whole number"))?;
        let calls =
            NonZeroU64::new(calls).ok_or_else(|| error("it can't be zero (pause the limit instead)"))?;
        let per = human::parse_unit(per.trim()).ok_or_else(|| error("the unit is not s, m, h or d"))?;
        Self::new(calls, per).ok_or_else(|| error("it is faster than one call a nanosecond"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.calls, human::unit(self.per))
    }
}

impl Pace {
    /// The time between two calls; zero without a pace.
    pub fn interval(self) -> Duration {
        match self {
            Self::Unlimited => Duration::ZERO,
            Self::Limited(rate) => rate.interval(),
        }
    }
}

impl FromStr for Pace {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        if text == "none" { Ok(Self::Unlimited) } else { text.parse().map(Self::Limited) }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("none"),
            Self::Limited(rate) => rate.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Rates as people write them.

    use super::*;

    #[test]
    fn reads_and_writes_rates() {
        for (text, interval) in [
            ("50/s", Duration::from_millis(20)),
            ("600/m", Duration::from_millis(100)),
            ("1/h", Duration::from_secs(3600)),
            ("10/5s", Duration::from_millis(500)),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate.interval(), interval);
            assert_eq!(rate.to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_rate() {
        for text in ["50", "50/x", "-5/s", "0/s", "/s", "5/", "1.5/s", "9999999999999/s", "5/0s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_uneven_interval_rounds_up() {
        let rate: Rate = "7/s".parse().unwrap();
        assert!(rate.interval() * 7 >= Duration::from_secs(1));
    }
}
