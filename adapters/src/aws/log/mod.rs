//! What functions write for CloudWatch: one JSON object a line, metrics among them.
//!
//! `emf` says what a line of metrics looks like; `metrics` turns a drainer's events into that and into lines.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use jobq_core::event::telling::Telling;
use jobq_core::name::{LimitName, StackName};
use jobq_core::time::Timestamp;
use serde_json::Value;

use crate::log::Line;

pub mod emf;
pub mod metrics;

/// Where lines go. The only way to a function's standard output.
pub struct Log {
    writer: Mutex<Box<dyn Write + Send>>,
}

impl Log {
    /// The function's standard output, which Lambda takes to its log group.
    pub fn stdout() -> Self {
        Self::to(std::io::stdout())
    }

    /// Somewhere else.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self { writer: Mutex::new(Box::new(writer)) }
    }

    /// Tells one thing that happened at `at`.
    pub fn tell(&self, at: Timestamp, line: &Line) {
        self.write(&Value::Object(line.told(at)));
    }

    /// Tells an event that happened at `at`, and what it shows of a limit as metrics.
    pub fn show(&self, at: Timestamp, stack: &StackName, limit: &LimitName, event: &dyn Telling) {
        self.write(&emf::line(at, stack, limit, &event.shows(), Line::of(event).told(at)));
    }

    /// Writes one line, whole. A log that can't be written stops no work.
    pub fn write(&self, line: &Value) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writer.write_all(format!("{line}\n").as_bytes()).and_then(|()| writer.flush());
    }
}
