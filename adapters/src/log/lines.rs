//! Events as log lines, through `tracing`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jobq_core::event::Event;
use jobq_core::event::telling::{Level, Telling};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use serde_json::Value;

use super::Line;
use super::repeats::Repeats;

/// What lines are told as. Only these are written: what libraries tell at `debug` may hold what was sent, secrets too.
pub const TARGET: &str = "jobq";

/// How often what repeated itself is summed up.
const PERIOD: Duration = Duration::from_secs(60);

/// Tells the events of a flow, repeats once a minute; the quietest are for who looks into it, and all told.
pub struct LogLines<C> {
    clock: C,
    level: Level,
    minute: Mutex<Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    /// When it began, by uptime; with its first line.
    begun: Option<Duration>,
    repeats: Repeats,
}

impl<C: Clock> LogLines<C> {
    /// Lines for events of this level and louder ones.
    pub fn new(clock: C, level: Level) -> Self {
        Self { clock, level, minute: Mutex::default() }
    }

    /// Tells what repeated itself and wasn't summed up yet. To be called at the end.
    pub fn flush(&self) {
        let repeated = self.minute().repeats.take();
        repeated.iter().filter(|line| line.level <= self.level).for_each(emit);
    }

    /// Tells what repeated itself, if that is due. To be called now and then where nothing may happen for long.
    pub fn flush_if_due(&self) {
        let uptime = self.clock.uptime();
        let begun = *self.minute().begun.get_or_insert(uptime);
        if uptime.saturating_sub(begun) >= PERIOD {
            self.flush();
            self.minute().begun = Some(uptime);
        }
    }

    fn minute(&self) -> MutexGuard<'_, Minute> {
        self.minute.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock> Metrics for LogLines<C> {
    fn record(&self, event: &Event) {
        let telling = event.telling();
        if telling.level() > self.level {
            return;
        }
        self.flush_if_due();
        let line = Line::of(telling);
        if line.level == Level::Debug || self.minute().repeats.is_new(&line) {
            emit(&line);
        }
    }
}

/// Tells one thing that no flow records.
pub fn tell(event: &dyn Telling) {
    emit(&Line::of(event));
}

/// Hands a line to `tracing`, which wants to know every field's name when the program is built.
macro_rules! at {
    ($level:ident, $line:expr) => {
        tracing::event!(
            target: TARGET,
            tracing::Level::$level,
            event = $line.event,
            limit = $line.text("limit"),
            queue = $line.text("queue"),
            into = $line.text("into"),
            batch = $line.text("batch"),
            drainers = $line.count("drainers"),
            tasks = $line.count("tasks"),
            slots = $line.count("slots"),
            calls = $line.count("calls"),
            done = $line.count("done"),
            dead = $line.count("dead"),
            known = $line.count("known"),
            skipped = $line.count("skipped"),
            retried = $line.count("retried"),
            duplicates = $line.count("duplicates"),
            refused = $line.count("refused"),
            released = $line.count("released"),
            stale = $line.count("stale"),
            forfeited = $line.count("forfeited"),
            status = $line.count("status"),
            reason = $line.text("reason"),
            why = $line.text("why"),
            line = $line.count("line"),
            spent = $line.flag("spent"),
            share_is_one_of = $line.count("share_is_one_of"),
            seconds = $line.seconds("seconds"),
            delay_seconds = $line.seconds("delay_seconds"),
            wait_seconds = $line.seconds("wait_seconds"),
            retry_in_seconds = $line.seconds("retry_in_seconds"),
            times = $line.count("times"),
            text = $line.text("text"),
            hint = $line.text("hint"),
            error = $line.text("error"),
        )
    };
}

fn emit(line: &Line) {
    match line.level {
        Level::Error => at!(ERROR, line),
        Level::Warn => at!(WARN, line),
        Level::Info => at!(INFO, line),
        Level::Debug => at!(DEBUG, line),
    }
}

/// The fields as `tracing` takes them; none where the line hasn't that one.
impl Line {
    fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Value::as_str)
    }

    fn count(&self, key: &str) -> Option<u64> {
        self.fields.get(key).and_then(Value::as_u64)
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.fields.get(key).and_then(Value::as_bool)
    }

    fn seconds(&self, key: &str) -> Option<f64> {
        self.fields.get(key).and_then(Value::as_f64)
    }
}
