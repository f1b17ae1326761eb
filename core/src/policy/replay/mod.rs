//! Replaying a log of calls: was any window of a limit passed, and how close did it come?
//!
//! The limiter counts slots, with headroom and wide sub-windows; here the calls themselves are counted, against the limit
//! as it is configured and nothing else. So the limiter and this check have no line in common but the ends of a day.
//!
//! `log` collects the calls that were started. `pace` holds them against the rate and its burst, `quota` against the
//! quotas; both look at every window there is, not at a raster of windows.

use std::fmt;
use std::num::NonZeroU32;

use crate::limit::Limit;
use crate::quota::Quota;
use crate::rate::{Pace, Rate};
use crate::time::Timestamp;

use self::log::Starts;

pub mod log;
mod pace;
mod quota;

/// A rule of a limit, and the window in which it came closest to being broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The worst of its windows; none where no call was started.
    pub worst: Option<Span>,
}

/// What a limit promises about windows of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// In any stretch W, its ends counted in, start at most `rate x W + burst + 1` calls: one on each slot, and those of
    /// `burst` slots that are late. It is what nginx's `limit_req` lets through with this `burst` and `nodelay`.
    Pace {
        /// The rate.
        rate: Rate,
        /// The calls that may be late.
        burst: NonZeroU32,
    },
    /// In any of the quota's windows starts at most its number of calls.
    Quota(Quota),
}

/// A window, and the calls in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// How many calls were started in it.
    pub calls: u64,
    /// How many may be.
    pub allowed: u64,
}

impl Span {
    /// How many more calls the window could have held; below zero, how many were too many.
    pub fn margin(&self) -> i64 {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        signed(self.allowed).saturating_sub(signed(self.calls))
    }
}

impl Finding {
    /// Whether a window was passed.
    pub fn is_passed(&self) -> bool {
        self.worst.is_some_and(|worst| worst.margin() < 0)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pace { rate, .. } => rate.fmt(f),
            Self::Quota(quota) => quota.fmt(f),
        }
    }
}

/// The worst window of each rule of `limit`: its pace, then its quotas as they are configured.
pub fn replay(limit: &Limit, starts: &Starts) -> Vec<Finding> {
    let starts = starts.as_slice();
    let pace = match limit.pace {
        Pace::Unlimited => None,
        Pace::Limited(rate) => Some(Finding {
            rule: Rule::Pace { rate, burst: limit.burst },
            worst: pace::worst(rate, limit.burst, starts),
        }),
    };
    let quotas = limit
        .quotas
        .iter()
        .map(|quota| Finding { rule: Rule::Quota(*quota), worst: quota::worst(limit, quota, starts) });
    pace.into_iter().chain(quotas).collect()
}
