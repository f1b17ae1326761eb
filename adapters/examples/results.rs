//! Measures what a record costs: `cargo run --release --example results -- FOLDER 200000 100`.
//!
//! Prints CPU time a record (user and system, from /proc) and records a second.
#![allow(clippy::print_stdout, reason = "its figures are what it is for")]
#![allow(clippy::unwrap_used, reason = "nothing to recover: run it again")]

use std::cell::Cell;
use std::time::Duration;

use futures::future::join_all;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::result_file::ResultFile;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use jobq_core::task::Method;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, records, at_once] = arguments.as_slice() else {
        return println!("give a folder, how many records, and how many appends at once");
    };
    let (records, at_once): (u32, u32) = (records.parse().unwrap(), at_once.parse().unwrap());
    let results = ResultFile::open(folder.as_ref()).unwrap();
    let (clock, left) = (SystemClock::new(), Cell::new(records));
    let record = [record(clock)];
    let appender = async || {
        while left.get() > 0 {
            left.set(left.get() - 1);
            results.append(&record).await.unwrap();
        }
    };
    let (cpu, start) = (cpu_ticks(), clock.uptime());
    join_all((0..at_once).map(|_| appender())).await;
    let seconds = (clock.uptime() - start).as_secs_f64();
    let micros = f64::from(cpu_ticks() - cpu) * 10_000.0 / f64::from(records);
    println!("{micros:.1} us of CPU a record, {:.0} records/s", f64::from(records) / seconds);
}

fn record(clock: SystemClock) -> Record {
    Record {
        task: "troop-12345".parse().unwrap(),
        queue: "troops".parse().unwrap(),
        batch: "b-20261121".parse().unwrap(),
        url: "https://api.hermes.example/troops/12345".into(),
        method: Method::Get,
        status: 200,
        attempt: 1,
        started_at: clock.now(),
        latency: Duration::from_micros(12_345),
        headers: Vec::new(),
        body: format!(r#"{{"id": 12345, "name": "hippolyta", "data": [{}1]}}"#, "10, ".repeat(60))
            .into_bytes(),
        earlier: Vec::new(),
    }
}

/// Hundredths of a second, user and system, that this process has used.
fn cpu_ticks() -> u32 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap()
}
