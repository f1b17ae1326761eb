//! Who takes note of a drain's events: the meter always, log and metrics where they are asked for.

use std::sync::Arc;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::log::lines::LogLines;
use jobq_adapters::prometheus::Counters;
use jobq_core::event::Event;
use jobq_core::ports::metrics::Metrics;

use crate::meter::Meter;

/// Passes each event on to all who take note of it.
pub(crate) struct Recorder {
    pub(crate) meter: Meter,
    pub(crate) log: Option<LogLines<SystemClock>>,
    pub(crate) counters: Option<Arc<Counters>>,
}

impl Metrics for Recorder {
    fn record(&self, event: &Event) {
        self.meter.record(event);
        if let Some(log) = &self.log {
            log.record(event);
        }
        if let Some(counters) = &self.counters {
            counters.record(event);
        }
    }
}
