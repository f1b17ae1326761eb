//! Takes note of events.

use crate::event::Event;

/// Takes note of events: counts, logs, shows progress.
pub trait Metrics: Send + Sync {
    /// Takes note of one event. Never fails and never blocks.
    fn record(&self, event: &Event);
}
