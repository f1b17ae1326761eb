//! What lies ahead of a queue, as it is told.

use std::fmt;
use std::time::Duration;

use jobq_core::human;
use jobq_core::policy::outlook::{Concern, Eta, Outlook};
use jobq_core::time::Timestamp;
use serde::Serialize;

/// When a queue will be empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct EtaReading {
    /// The least time it takes: at the pace that its limit allows.
    pub(crate) least_seconds: Option<f64>,
    /// At the pace that was seen lately; none where nobody drains it.
    pub(crate) most_seconds: Option<f64>,
    /// Why it can't be told, where it can't.
    pub(crate) because: Option<&'static str>,
}

impl EtaReading {
    /// As it was worked out.
    pub(crate) fn new(eta: Eta) -> Self {
        let untold = |because| Self { least_seconds: None, most_seconds: None, because };
        match eta {
            Eta::Empty => untold(None),
            Eta::Paused { .. } => untold(Some("paused")),
            Eta::Never => untold(Some("it opens no more")),
            Eta::In { least, most } => Self {
                least_seconds: Some(least.as_secs_f64()),
                most_seconds: most.map(|most| most.as_secs_f64()),
                because: None,
            },
        }
    }

    /// Of a queue without a limit.
    pub(crate) fn unknown() -> Self {
        Self { least_seconds: None, most_seconds: None, because: Some("it is not in jobq.toml") }
    }

    /// In a few characters: `4m 05s`, or `-`.
    pub(crate) fn brief(&self) -> String {
        match (self.least_seconds, self.because) {
            (Some(least), _) if self.most_seconds.is_none() => format!(">{}", glance(least)),
            (Some(least), _) => glance(least),
            (None, Some("paused")) => "paused".to_owned(),
            (None, _) => "-".to_owned(),
        }
    }
}

/// `4m 05s to 5m 10s`, `over 4m 05s`, `paused`, `-`.
impl fmt::Display for EtaReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least_seconds.map(glance), self.most_seconds.map(glance)) {
            (Some(least), Some(most)) if least == most => f.write_str(&least),
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "over {least}"),
            (None, _) => f.write_str(&self.brief()),
        }
    }
}

fn glance(seconds: f64) -> String {
    human::roughly(Duration::from_secs_f64(seconds))
}

/// Why somebody should look at a queue, in words.
pub(crate) fn concerns(outlook: &Outlook, now: Timestamp) -> Vec<String> {
    outlook.concerns.iter().map(|concern| words(concern, now)).collect()
}

fn words(concern: &Concern, now: Timestamp) -> String {
    let within = |at: Timestamp| human::roughly(at.since(now));
    match concern {
        Concern::Forgotten { at } => {
            format!("may not be empty in {}, when SQS begins to forget its tasks", within(*at))
        }
        Concern::UsedUp { quota, at } if *at <= now => {
            format!("the quota {quota} is used up: it waits for the next window")
        }
        Concern::UsedUp { quota, at } => {
            format!("the quota {quota} may be used up in {}, before it is empty", within(*at))
        }
        Concern::Closes { at } => format!("closes in {}, before it is empty", within(*at)),
    }
}
