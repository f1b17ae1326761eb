//! What functions write for CloudWatch: one JSON object a line, metrics among them.
//!
//! `emf` says what a line of metrics looks like; `repeats` keeps lines that repeat themselves from costing as much
//! as the queue; `metrics` turns a drainer's events into both.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use jobq_core::time::Timestamp;
use serde_json::{Map, Value};

pub mod emf;
pub mod metrics;
mod repeats;

/// Where lines go. The only way to a function's standard output.
pub struct Log {
    writer: Mutex<Box<dyn Write + Send>>,
}

/// How loud a line is, by who must act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Somebody must act.
    Error,
    /// Unexpected; it mends itself.
    Warn,
    /// A fact of life.
    Info,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// How loud.
    pub level: Level,
    /// What happened: a noun and a past verb.
    pub event: &'static str,
    /// What else there is to it.
    pub fields: Map<String, Value>,
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

    /// Writes one line, whole. A log that can't be written stops no work.
    pub fn write(&self, line: &Value) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writer.write_all(format!("{line}\n").as_bytes()).and_then(|()| writer.flush());
    }
}

impl Line {
    /// A line of an event with its fields.
    pub fn new<const N: usize>(level: Level, event: &'static str, fields: [(&str, Value); N]) -> Self {
        let fields = fields.map(|(key, value)| (key.to_owned(), value));
        Self { level, event, fields: fields.into_iter().collect() }
    }

    /// What is written of it if it happened at `at`.
    pub fn told(&self, at: Timestamp) -> Map<String, Value> {
        let mut told = self.fields.clone();
        told.insert("time".to_owned(), at.to_string().into());
        told.insert("level".to_owned(), self.level.as_str().into());
        told.insert("event".to_owned(), self.event.into());
        told
    }
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
        }
    }
}
