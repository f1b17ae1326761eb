//! What functions write for CloudWatch: metrics in its embedded format, and no line that repeats itself.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobq_adapters::aws::log::Log;
use jobq_adapters::aws::log::emf;
use jobq_adapters::aws::log::metrics::EmfMetrics;
use jobq_adapters::log::Line;
use jobq_core::death::Reason;
use jobq_core::event::calls::CallStarted;
use jobq_core::event::limits::{LeaseDeferred, LimitCooled, SlotsForfeited};
use jobq_core::event::operations::{OperationFailed, OperationRecovered};
use jobq_core::event::shown::{Shown, Unit};
use jobq_core::event::tasks::{TaskDied, TaskDone, TaskReleased, TaskRetried};
use jobq_core::event::telling::Level;
use jobq_core::name::{LimitName, QueueName};
use jobq_core::policy::calendar::book::Why;
use jobq_core::ports::metrics::Metrics;
use jobq_core::time::Timestamp;
use jobq_tests::hand_clock::HandClock;
use serde_json::{Map, Value, json};

const START: u64 = 1_795_269_787;

#[test]
fn counts_are_written_once_a_minute_as_metrics() {
    let (metrics, clock, log) = metrics();
    for _ in 0..50 {
        metrics.record(&CallStarted { queue: queue() }.into());
        metrics.record(&TaskDone { queue: queue() }.into());
    }
    assert_eq!(log.lines(), Vec::<Value>::new(), "nothing before the minute is over");
    clock.advance(Duration::from_secs(61));
    metrics.record(&CallStarted { queue: queue() }.into());
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    check_embedded(&lines[0], START);
    assert_eq!(measured(&lines[0]), [50.0, 50.0, 0.0, 0.0]);
    metrics.flush();
    let lines = log.lines();
    check_embedded(&lines[1], START + 61);
    assert_eq!(measured(&lines[1]), [1.0, 0.0, 0.0, 0.0], "an event is in one minute alone");
    metrics.flush();
    assert_eq!(log.lines().len(), 2, "there is nothing more to write");
}

#[test]
fn what_costs_nothing_a_month_is_a_field() {
    let (metrics, _, log) = metrics();
    metrics.record(&TaskReleased { queue: queue() }.into());
    metrics.record(&TaskRetried { queue: queue(), delay: Duration::ZERO, spent: true }.into());
    metrics.record(&SlotsForfeited { limit: limit(), count: 7 }.into());
    metrics.flush();
    let line = &log.lines()[0];
    check_embedded(line, START);
    let fields = ["released", "retried", "stale", "forfeited"].map(|field| line[field].as_u64().unwrap());
    assert_eq!(fields, [1, 1, 0, 7]);
}

#[test]
fn a_fault_is_told_at_once_and_its_repeats_are_summed() {
    let (metrics, clock, log) = metrics();
    let failed = || OperationFailed {
        error: "receive tasks of troops: it is busy".to_owned(),
        retry_in: Duration::from_millis(200),
    };
    metrics.record(&failed().into());
    let told = &log.lines()[0];
    assert_eq!(told["event"], "operation_failed");
    assert_eq!(told["level"], "warn");
    assert_eq!(told["limit"], "hermes");
    assert_eq!(told["error"], "receive tasks of troops: it is busy");
    assert_eq!(told["time"], "2026-11-21T14:03:07.000000Z");
    for _ in 0..300 {
        metrics.record(&failed().into());
    }
    assert_eq!(log.lines().len(), 1);
    clock.advance(Duration::from_secs(60));
    metrics.record(&OperationRecovered.into());
    let lines = log.lines();
    let summed = lines.iter().find(|line| line["times"] == 300).unwrap();
    assert_eq!(summed["error"], told["error"]);
    assert_eq!(lines.last().unwrap()["event"], "operation_recovered");
}

#[test]
fn cool_downs_and_deaths_are_told_and_a_full_calendar_is_not() {
    let (metrics, _, log) = metrics();
    let deferred = |why| LeaseDeferred { limit: limit(), why, wait: Duration::from_secs(1) };
    metrics.record(&deferred(Why::Pace).into());
    metrics.record(&deferred(Why::Paused).into());
    metrics.record(&LimitCooled { limit: limit(), status: 429 }.into());
    metrics.record(&TaskDied { queue: queue(), reason: Reason::Rejected }.into());
    let lines = log.lines();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["lease_deferred", "limit_cooled", "task_died"]);
    metrics.flush();
    assert_eq!(measured(&log.lines()[3]), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn what_is_not_a_number_is_no_metric() {
    let shown = |name, value| Shown { name, unit: Unit::CountPerSecond, value };
    let shown = [shown("RateAllowed", f64::INFINITY), shown("DrainersAlive", 2.0)];
    let at = Timestamp::from_secs(START);
    let line = emf::line(at, &"jobq".parse().unwrap(), &limit(), &shown, Map::new());
    check_embedded(&line, START);
    assert!(line.get("RateAllowed").is_none(), "{line}");
}

#[test]
fn a_text_with_line_breaks_stays_one_line() {
    let kept = Kept::default();
    let log = Log::to(kept.clone());
    log.tell(Timestamp::EPOCH, &Line::new(Level::Error, "drain_failed", [("error", "a\nb\r\n\"c\"".into())]));
    assert_eq!(kept.lines()[0]["error"], "a\nb\r\n\"c\"");
}

/// What the specification asks of a line: its members, their lengths, and a value for each name.
fn check_embedded(line: &Value, at: u64) {
    assert!(line.to_string().len() <= 256 << 10);
    assert_eq!(line["_aws"]["Timestamp"], at * 1_000);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&line["_aws"]), ["CloudWatchMetrics", "Timestamp"]);
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    assert_eq!(directives.len(), 1);
    let directive = &directives[0];
    assert_eq!(keys(directive), ["Dimensions", "Metrics", "Namespace"]);
    assert_eq!(directive["Namespace"], "jobq");
    assert_eq!(directive["Dimensions"], json!([["Stack", "Limit"]]), "each set of dimensions is paid for");
    for dimension in directive["Dimensions"][0].as_array().unwrap() {
        let value = line[dimension.as_str().unwrap()].as_str().unwrap();
        assert!((1..=1_024).contains(&value.len()));
    }
    let metrics = directive["Metrics"].as_array().unwrap();
    assert!((1..=100).contains(&metrics.len()));
    for metric in metrics {
        assert_eq!(keys(metric), ["Name", "Unit"]);
        let name = metric["Name"].as_str().unwrap();
        assert!((1..=1_024).contains(&name.len()));
        assert!(["Count", "Count/Second", "Seconds"].contains(&metric["Unit"].as_str().unwrap()));
        assert!(line[name].is_number(), "{name} has no value in {line}");
    }
}

fn measured(line: &Value) -> [f64; 4] {
    ["CallsStarted", "TasksDone", "TasksDied", "Throttled"].map(|name| line[name].as_f64().unwrap())
}

fn metrics() -> (EmfMetrics<HandClock>, HandClock, Kept) {
    let clock = HandClock::new(Timestamp::from_secs(START));
    let kept = Kept::default();
    let log = Arc::new(Log::to(kept.clone()));
    (EmfMetrics::new("jobq".parse().unwrap(), limit(), clock.clone(), log), clock, kept)
}

fn limit() -> LimitName {
    "hermes".parse().unwrap()
}

fn queue() -> QueueName {
    "troops".parse().unwrap()
}

/// What was written.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
