//! What a line looks like: text for people, or a JSON object, as functions on AWS write it.

use std::fmt;

use jobq_core::event::telling::Level;
use jobq_core::ports::clock::Clock;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use super::lines::TARGET;

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people: time, level, event, fields.
    Text,
    /// One JSON object a line.
    Json,
}

/// Writes lines of this level and louder ones to standard error from now on. Only the first call in a process counts.
pub fn start<C: Clock + 'static>(level: Level, form: Form, clock: C) {
    // There is nobody else who could have set it, and no log is no reason to do no work.
    let _ = tracing::subscriber::set_global_default(subscriber(level, form, clock, std::io::stderr));
}

/// What takes lines, with its own place to write to.
pub fn subscriber<C: Clock + 'static>(
    level: Level,
    form: Form,
    clock: C,
    to: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let level = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt::layer().event_format(Formed { form, clock }).with_writer(to);
    tracing_subscriber::registry().with(lines.with_filter(Targets::new().with_target(TARGET, level)))
}

struct Formed<C> {
    form: Form,
    clock: C,
}

impl<C, S, N> FormatEvent<S, N> for Formed<C>
where
    C: Clock,
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (time, level) = (self.clock.now().to_string(), event.metadata().level().as_str());
        match self.form {
            Form::Text => {
                write!(writer, "{time} {level:>5}")?;
                let mut text = Text { writer: writer.by_ref(), written: Ok(()) };
                event.record(&mut text);
                text.written?;
                writeln!(writer)
            }
            Form::Json => {
                let mut object = Object(Map::new());
                event.record(&mut object);
                object.insert("time", time.into());
                object.insert("level", level.to_lowercase().into());
                writeln!(writer, "{}", Value::Object(object.0))
            }
        }
    }
}

/// Fields as ` name=value`, what isn't a plain word in quotes: a text can't begin a line of its own.
struct Text<'a> {
    writer: Writer<'a>,
    written: fmt::Result,
}

impl Text<'_> {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let written = match field.name() {
            // What happened needs no name.
            "event" => write!(self.writer, " {value}"),
            name => write!(self.writer, " {name}={value}"),
        };
        self.written = self.written.and(written);
    }
}

impl Visit for Text<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !value.is_empty() && value.chars().all(plain) {
            self.add(field, format_args!("{value}"));
        } else {
            self.add(field, format_args!("{value:?}"));
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

struct Object(Map<String, Value>);

impl Object {
    fn insert(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Object {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.insert(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field.name(), format!("{value:?}").into());
    }
}
