//! Times reading: tasks a second from bytes to envelopes, without an outbox that does anything.
//!
//!     cargo run --release -p jobq-producer --example parse_speed
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it measures and prints, and nobody depends on it"
)]

use std::fmt::Write;
use std::io::Cursor;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::fault::Fault;
use jobq_core::likeness::{Once, Single};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::chunk::Limits;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::ports::spans::NoSpans;
use jobq_core::settlement::Parcel;
use jobq_core::time::Timestamp;
use jobq_producer::draft::Defaults;
use jobq_producer::format::{Format, Reading};
use jobq_producer::push::{BadLines, Order, push};
use jobq_producer::reader::TaskReader;
use jobq_producer::source::Source;

const TASKS: u32 = 300_000;
const ROUNDS: u32 = 5;

fn main() {
    let url = "https://api.hermes.example/troops/{id}?name={name}";
    let csv = Format::Csv { url: url.parse().unwrap(), id: None };
    let lines: [(&str, Format, String); 3] = [
        ("json lines, 300 bytes", Format::JsonLines, json_lines()),
        ("urls", Format::Urls, urls()),
        ("csv, two columns", csv, table()),
    ];
    for (name, format, text) in lines {
        report(name, "parsed and checked", || parse(&format, &text));
        report(name, "pushed to nowhere", || push_all(&format, &text));
    }
}

/// The best of several rounds: on a shared machine the others measure the neighbours.
fn report(name: &str, what: &str, run: impl Fn()) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    let each = best.as_secs_f64() / f64::from(TASKS);
    println!("{name:<24} {what:<20} {:>6.2} us a task {:>10.0} tasks/s", each * 1e6, 1.0 / each);
}

fn parse(format: &Format, text: &str) {
    let mut tasks = TaskReader::new(text.as_bytes(), format).unwrap();
    while let Some(entry) = tasks.next().unwrap() {
        assert!(entry.draft.is_ok());
    }
}

fn push_all(format: &Format, text: &str) {
    let order = Order {
        batch: NewBatch {
            id: "troops-0123abcd".parse().unwrap(),
            queue: "troops".parse().unwrap(),
            source: String::new(),
            created_at: Timestamp::from_secs(1),
        },
        defaults: Defaults::default(),
        bulk_above: None,
        limits: Limits {
            count: NonZeroUsize::new(4_096).unwrap(),
            bytes: NonZeroUsize::new(4 << 20).unwrap(),
        },
        longest_delay: None,
        tracing: None,
        dedupe: None,
        bad_lines: BadLines::Skip,
    };
    let reading = match format.clone() {
        Format::Csv { url, id } => Reading { url: Some(url), id, format: None },
        Format::JsonLines | Format::Urls => Reading::default(),
    };
    let bytes = Box::new(Cursor::new(text.to_owned()));
    let mut source = Source::stream(bytes, reading).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut notify = |_| {};
    let pushed = runtime.block_on(push(&Nowhere, &Nowhere, &NoSpans, &order, &mut source, &mut notify));
    assert_eq!(pushed.unwrap().counts.tasks, u64::from(TASKS));
}

fn json_lines() -> String {
    let mut text = String::new();
    for n in 0..TASKS {
        writeln!(
            text,
            r#"{{"url":"https://api.hermes.example/troops/{n}/groups?fields=name,size","method":"POST","headers":{{"authorization":"Bearer ${{secret:hermes-token}}","accept":"application/json"}},"body":{{"troop":{n},"name":"Queen of the Amazons","tags":["bow","horse","axe"],"depth":3,"note":"abcdefghijklmnop"}},"priority":"normal"}}"#
        )
        .unwrap();
    }
    text
}

fn urls() -> String {
    let mut text = String::new();
    for n in 0..TASKS {
        writeln!(text, "https://api.hermes.example/troops/{n}/groups").unwrap();
    }
    text
}

fn table() -> String {
    let mut text = "id,name\n".to_owned();
    for n in 0..TASKS {
        writeln!(text, "{n},\"Queen of the Amazons\"").unwrap();
    }
    text
}

/// An outbox that drops everything.
struct Nowhere;

impl Outbox for Nowhere {
    async fn open(&self, _batch: &NewBatch) -> Result<Opened, Fault> {
        Ok(Opened::New)
    }

    async fn send(
        &self,
        _queue: &QueueName,
        _batch: &BatchId,
        _parcels: Vec<(Parcel, Duration)>,
        _mark: Mark,
    ) -> Result<(), Fault> {
        Ok(())
    }
}

impl Singles for Nowhere {
    async fn send_once(
        &self,
        _queue: &QueueName,
        _batch: &BatchId,
        parcels: Vec<Single>,
        _mark: Mark,
    ) -> Result<Vec<Once>, Fault> {
        Ok(vec![Once::Sent; parcels.len()])
    }
}

impl Clock for Nowhere {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _length: Duration) {}
}
