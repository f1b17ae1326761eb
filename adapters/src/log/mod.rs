//! Log lines: what is told of an event, whoever writes it and wherever it goes.
//!
//! `repeats` keeps a line that repeats itself from filling a log; `lines` writes to standard error through `tracing`,
//! in the form that `form` gives it. Functions on AWS write theirs by `aws::log`.

use jobq_core::event::telling::{Level, Telling, Told};
use jobq_core::time::Timestamp;
use serde_json::{Map, Value};

#[cfg(feature = "log")]
pub mod form;
#[cfg(feature = "log")]
pub mod lines;
pub(crate) mod repeats;

#[cfg(test)]
#[cfg(feature = "log")]
mod tests;

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

impl Line {
    /// A line of an event with its fields.
    pub fn new<const N: usize>(level: Level, event: &'static str, fields: [(&str, Value); N]) -> Self {
        let fields = fields.map(|(key, value)| (key.to_owned(), value));
        Self { level, event, fields: fields.into_iter().collect() }
    }

    /// What an event says of itself.
    pub fn of(event: &dyn Telling) -> Self {
        let fields = event.fields().into_iter().map(|(key, told)| (key.as_str().to_owned(), value(told)));
        Self { level: event.level(), event: event.name(), fields: fields.collect() }
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

fn value(told: Told<'_>) -> Value {
    match told {
        Told::Text(text) => text.into(),
        Told::Count(count) => count.into(),
        Told::Flag(flag) => flag.into(),
        Told::Seconds(length) => length.as_secs_f64().into(),
        Told::Fraction(number) => number.into(),
        Told::Nothing => Value::Null,
        Told::Group(values) => {
            Value::Object(values.into_iter().map(|(name, told)| (name.to_owned(), value(told))).collect())
        }
        Told::List(values) => values.into_iter().map(value).collect(),
    }
}
