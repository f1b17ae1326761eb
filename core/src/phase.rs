//! Phases: a limit that begins slower than its rate and gets there step by step, as load testers and cold APIs want it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::human;
use crate::rate::Rate;

/// How long nothing must have been called before the phases begin again, where it isn't said.
pub const DEFAULT_PHASES_AFTER: Duration = Duration::from_secs(600);

/// The phases of a limit; after the last one its rate holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phases {
    /// One after the other, from the first call on; none: the rate holds at once.
    pub list: Vec<Phase>,
    /// How long nothing must have been called before they begin again.
    pub after: Duration,
}

impl Default for Phases {
    fn default() -> Self {
        Self { list: Vec::new(), after: DEFAULT_PHASES_AFTER }
    }
}

/// One phase: a rate that stays, or goes evenly from one to another: `10/s for 1m`, `10/s to 100/s for 2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// The rate at its beginning.
    pub from: Rate,
    /// The rate at its end.
    pub to: Rate,
    /// How long it lasts; not zero.
    pub length: Duration,
}

/// A phase that can't be read, with what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not a phase: {why}; write '10/s for 1m', or '10/s to 100/s for 2m'")]
pub struct PhaseError {
    given: String,
    why: String,
}

impl Phase {
    /// Whether it stays at one rate.
    pub fn is_steady(&self) -> bool {
        self.from == self.to
    }

    /// The time between two calls when it has gone on for `since`: the rate lies between its two ends, as far along as the
    /// time is. Rounded up, so that it is never faster than that.
    pub fn interval(&self, since: Duration) -> Duration {
        if self.is_steady() {
            return self.from.interval();
        }
        let (from, to) = (speed(self.from), speed(self.to));
        let (gone, length) = (since.min(self.length).as_nanos(), self.length.as_nanos().max(1));
        // Each part rounded so that the speed comes out lower.
        let speed = if to >= from {
            from + part(to - from, gone, length)
        } else {
            to + part(from - to, length - gone, length)
        };
        let interval = (SCALE * NANOS).div_ceil(speed.max(1));
        Duration::from_nanos(u64::try_from(interval).unwrap_or(u64::MAX))
    }
}

/// Speeds are reckoned in calls a second times this: a call a day is 11 million of it, a call a nanosecond fits by far.
const SCALE: u128 = 1_000_000_000_000;

const NANOS: u128 = 1_000_000_000;

/// Calls a second times [`SCALE`], rounded down.
fn speed(rate: Rate) -> u128 {
    u128::from(rate.calls().get()).saturating_mul(SCALE * NANOS) / rate.per().as_nanos().max(1)
}

/// `whole` times `gone / length`, rounded down, without leaving what a number can hold.
fn part(whole: u128, gone: u128, length: u128) -> u128 {
    whole / length * gone + whole % length * gone / length
}

impl FromStr for Phase {
    type Err = PhaseError;

    fn from_str(text: &str) -> Result<Self, PhaseError> {
        let error = |why: String| PhaseError { given: text.to_owned(), why };
        let rate = |rate: &str| {
            rate.trim().parse::<Rate>().map_err(|_| error(format!("'{}' is not a rate", rate.trim())))
        };
        let (rates, length) =
            text.rsplit_once(" for ").ok_or_else(|| error("it doesn't say for how long".to_owned()))?;
        let length = human::positive(length.trim()).map_err(error)?;
        let (from, to) = match rates.split_once(" to ") {
            Some((from, to)) => (rate(from)?, rate(to)?),
            None => (rate(rates)?, rate(rates)?),
        };
        Ok(Self { from, to, length })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = human::duration(self.length);
        if self.is_steady() {
            write!(f, "{} for {length}", self.from)
        } else {
            write!(f, "{} to {} for {length}", self.from, self.to)
        }
    }
}

#[cfg(test)]
mod tests {
    //! Phases as people write them, and how fast they are.

    use super::*;

    #[test]
    fn reads_and_writes_phases() {
        for text in ["10/s for 1m", "10/s to 100/s for 2m", "600/m to 5/s for 90s", "1/d for 7d"] {
            assert_eq!(text.parse::<Phase>().unwrap().to_string(), text);
        }
        for text in [
            "10/s",
            "10/s for",
            "10/s for 0s",
            "for 1m",
            "none for 1m",
            "10/s to 20 for 1m",
            "10/s to for 1m",
        ] {
            assert!(text.parse::<Phase>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_ramp_goes_evenly_from_one_rate_to_the_other() {
        let check = |text: &str, at: u64, millis: f64| {
            let interval = text.parse::<Phase>().unwrap().interval(Duration::from_secs(at));
            assert!(
                (interval.as_secs_f64() * 1e3 / millis - 1.0).abs() < 1e-6,
                "{text} at {at}: {interval:?}"
            );
        };
        check("10/s for 1m", 30, 100.0);
        check("10/s to 100/s for 2m", 0, 100.0);
        check("10/s to 100/s for 2m", 60, 1e3 / 55.0);
        check("10/s to 100/s for 2m", 120, 10.0);
        check("10/s to 100/s for 2m", 500, 10.0);
        check("100/s to 10/s for 2m", 60, 1e3 / 55.0);
        check("100/s to 10/s for 2m", 120, 100.0);
        // In the middle between one and three calls a day.
        check("1/d to 3/d for 2d", 86_400, 86_400e3 / 2.0);
    }

    #[test]
    fn no_instant_is_faster_than_the_faster_end() {
        let phase: Phase = "7/s to 3/s for 10s".parse().unwrap();
        for at in 0..=1_000 {
            let interval = phase.interval(Duration::from_millis(at * 10));
            assert!(
                phase.from.interval() <= interval
                    && interval <= phase.to.interval() + Duration::from_nanos(1)
            );
        }
    }
}
