//! One reading after the other, for pipes and logs.

use std::fmt;

use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use super::Watch;
use crate::failure::Failure;
use crate::printer::{Audience, Printer};
use crate::readings::overview::Overview;

/// One reading, and when it was made: RFC 3339, UTC.
#[derive(Debug, Serialize)]
struct Reading {
    at: String,
    #[serde(flatten)]
    overview: Overview,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.at)?;
        // Told apart from the next reading by an empty line.
        writeln!(f, "{}", self.overview)
    }
}

/// Prints a reading now and after each interval, until nobody reads them any more.
pub(super) async fn run(watch: &Watch, printer: Printer) -> Result<(), Failure> {
    let clock = SystemClock::new();
    // Told when it is new, not with each reading.
    let mut warned = None;
    loop {
        let overview = watch.look().await?;
        if overview.warning != warned {
            overview.warning.iter().for_each(|warning| printer.warn(warning));
            warned.clone_from(&overview.warning);
        }
        let reading = Reading { at: clock.now().to_string(), overview };
        if printer.part(&reading)? == Audience::Gone {
            return Ok(());
        }
        clock.sleep(watch.every).await;
    }
}
