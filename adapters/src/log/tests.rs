//! Events in, lines out, through `tracing` as in the program.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobq_core::event::Event;
use jobq_core::event::operations::OperationFailed;
use jobq_core::event::program::CommandFailed;
use jobq_core::event::tasks::{TaskDied, TaskDone, TaskRetried};
use jobq_core::event::telling::{Key, Level, Telling, Told};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;
use jobq_core::time::Timestamp;
use serde_json::Value;

use super::form::{Form, subscriber};
use super::lines::{LogLines, tell};

/// A clock that stands still until it is moved.
#[derive(Debug, Clone, Default)]
struct StandingClock(Arc<Mutex<Duration>>);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH.plus(self.uptime())
    }

    fn uptime(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is written at a level while `told` tells.
fn written(level: Level, form: Form, told: impl FnOnce(&LogLines<StandingClock>, &StandingClock)) -> String {
    let (clock, kept) = (StandingClock::default(), Kept::default());
    let to = kept.clone();
    let subscriber = subscriber(level, form, clock.clone(), move || to.clone());
    tracing::subscriber::with_default(subscriber, || {
        let lines = LogLines::new(clock.clone(), level);
        told(&lines, &clock);
        lines.flush();
    });
    let bytes = kept.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn done() -> Event {
    TaskDone { queue: "troops".parse().unwrap() }.into()
}

fn failed(error: &str) -> Event {
    OperationFailed { error: error.to_owned(), retry_in: Duration::from_millis(200) }.into()
}

#[test]
fn text_has_time_level_event_and_fields() {
    let text = written(Level::Debug, Form::Text, |lines, _| {
        lines.record(&done());
        lines.record(&failed("receive tasks: \"a\"\nb"));
    });
    assert_eq!(
        text,
        "1970-01-01T00:00:00.000000Z DEBUG task_done queue=troops\n\
         1970-01-01T00:00:00.000000Z  WARN operation_failed retry_in_seconds=0.2 error=\"receive tasks: \\\"a\\\"\\nb\"\n"
    );
}

#[test]
fn json_is_as_functions_on_aws_write_it() {
    let text = written(Level::Debug, Form::Json, |lines, _| {
        let queue = "troops".parse().unwrap();
        lines.record(&TaskRetried { queue, delay: Duration::from_secs(2), spent: true }.into());
        tell(&CommandFailed { error: "a\nb".to_owned(), hint: String::new() });
    });
    assert_eq!(
        text,
        "{\"delay_seconds\":2.0,\"event\":\"task_retried\",\"level\":\"debug\",\"queue\":\"troops\",\"spent\":true,\
         \"time\":\"1970-01-01T00:00:00.000000Z\"}\n\
         {\"error\":\"a\\nb\",\"event\":\"command_failed\",\"level\":\"error\",\
         \"time\":\"1970-01-01T00:00:00.000000Z\"}\n"
    );
}

#[test]
fn what_is_quieter_is_not_told() {
    let died = || TaskDied { queue: "troops".parse().unwrap(), reason: jobq_core::death::Reason::Rejected };
    for (level, count) in [(Level::Error, 0), (Level::Warn, 1), (Level::Info, 1), (Level::Debug, 2)] {
        let text = written(level, Form::Text, |lines, _| {
            lines.record(&done());
            lines.record(&died().into());
        });
        assert_eq!(text.lines().count(), count, "{level:?}: {text}");
    }
}

#[test]
fn repeats_are_summed_once_a_minute_and_at_the_end() {
    let text = written(Level::Warn, Form::Json, |lines, clock| {
        (0..5).for_each(|_| lines.record(&failed("it is busy")));
        *clock.0.lock().unwrap() += Duration::from_secs(61);
        (0..3).for_each(|_| lines.record(&failed("it is busy")));
    });
    let times = |line: &str| serde_json::from_str::<Value>(line).unwrap()["times"].as_u64();
    assert_eq!(text.lines().map(times).collect::<Vec<_>>(), [None, Some(4), Some(3)]);
}

/// An event with every field that is told here.
struct Everything;

fn told_here() -> impl Iterator<Item = Key> {
    Key::ALL.into_iter().filter(|key| !key.is_of_functions())
}

impl Telling for Everything {
    fn name(&self) -> &'static str {
        "everything_told"
    }

    fn level(&self) -> Level {
        Level::Info
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let told = |key: Key| match key {
            Key::Limit | Key::Queue | Key::Into | Key::Batch | Key::Reason | Key::Why => Told::Text("a"),
            Key::Text | Key::Hint | Key::Error => Told::Text("b"),
            Key::Spent => Told::Flag(false),
            Key::Seconds | Key::DelaySeconds | Key::WaitSeconds | Key::RetryInSeconds => {
                Told::Seconds(Duration::from_secs(1))
            }
            _ => Told::Count(7),
        };
        told_here().map(|key| (key, told(key))).collect()
    }
}

/// `tracing` knows only the fields that `lines` lists.
#[test]
fn no_field_is_lost_on_the_way() {
    let text = written(Level::Info, Form::Json, |_, _| tell(&Everything));
    let line: Value = serde_json::from_str(&text).unwrap();
    for key in told_here() {
        assert!(line.get(key.as_str()).is_some(), "{key:?} is not in {text}");
    }
}
