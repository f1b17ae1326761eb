//! How large the two functions are, how soon they ask for work, and what memory a drain takes.
//!
//! `cargo bench -p jobq-tests --bench bootstraps` prints each figure beside its goal. The programs are those that are
//! shipped, beside `JOBQ_BIN`; they are run without MiniStack's Lambda, whose own start would be measured too.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark reads the time and its environment, prints, and may panic"
)]

mod runtime_api;

#[path = "../../tests/aws/parts.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod parts;
#[path = "../../tests/aws/rest.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod rest;

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_core::envelope::Envelope;
use jobq_core::ports::clock::Clock;
use jobq_core::stack::Stack;
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_tests::aws::{MiniStack, REGION, variables};
use jobq_tests::contract::subject::{batch, push};
use jobq_tests::world::nginx::Nginx;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::runtime_api::RuntimeApi;

/// The account of the function's ARN.
const ACCOUNT: &str = "000000000000";

/// How often a start is measured.
const STARTS: usize = 20;

/// How many calls the drain makes whose memory is measured.
const TASKS: usize = 5_000;

fn main() {
    for name in ["drainer", "autoscaler"] {
        let program = program(name);
        println!("{name}: {:.2} MB zipped (at most 6)", megabytes(zipped(&program)));
        let starts = starts(&program);
        let (middle, slowest) = (starts[STARTS / 2], starts[STARTS - 1]);
        println!("{name}: {middle:.1?} from start to first poll, {slowest:.1?} at most (at most 30 ms)");
    }
    let (peak, answer) = drained();
    println!("drainer: {:.1} MB at most, draining {TASKS} tasks (at most 128): {answer}", megabytes(peak));
}

/// How long it takes from starting a program until it asks the Runtime API for work; shortest first.
fn starts(program: &Path) -> Vec<Duration> {
    let folder = folder("[limits.hermes]\nrate = \"50/s\"\nhosts = [\"api.example\"]\n");
    let mut took: Vec<Duration> = (0..STARTS)
        .map(|_| {
            let api = RuntimeApi::start();
            let begun = Instant::now();
            let running = Running::start(program, folder.path(), &api, "http://127.0.0.1:9");
            api.polled();
            let took = begun.elapsed();
            drop(running);
            took
        })
        .collect();
    took.sort();
    took
}

/// The peak memory of a drainer that drains a queue as fast as it can, in bytes, and what it answered.
fn drained() -> (u64, String) {
    let (ministack, nginx) = (MiniStack::start(), Nginx::open(""));
    let stack = Stack { name: "memory".parse().unwrap(), ..Stack::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(fill(&ministack, &stack, &nginx));
    let config = format!(
        "[aws]\nstack = \"{}\"\n[limits.hermes]\nrate = \"none\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.troops]\nlimit = \"hermes\"\nresults = \"results/troops\"\n",
        stack.name
    );
    let (folder, api) = (folder(&config), RuntimeApi::start());
    let running = Running::start(&program("drainer"), folder.path(), &api, &ministack.url());
    let answer = api.polled().invoke(Duration::from_secs(300));
    (running.peak(), answer)
}

async fn fill(ministack: &MiniStack, stack: &Stack, nginx: &Nginx) {
    let url = ministack.url();
    parts::make_troops(&url, stack).await;
    parts::make_table(&url, stack).await;
    parts::make_bucket(&url, &stack.results_bucket(ACCOUNT, REGION)).await;
    let store = AwsStore::open(&parts::sdk(&url).await, stack.clone(), SystemClock::new());
    let bodies: Vec<String> = (0..TASKS).map(|number| body(&nginx.url("/call"), number)).collect();
    for (number, bodies) in bodies.chunks(500).enumerate() {
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        push(&store, &format!("batch-{number}"), &bodies).await;
    }
}

fn body(url: &str, number: usize) -> String {
    let request = Request { method: Method::Get, url: url.to_owned(), headers: Vec::new(), body: None };
    let id = format!("task-{number}").parse().unwrap();
    let task = Task { id, request, priority: Priority::Normal, delay: Duration::ZERO };
    let envelope = Envelope::new(task, batch(&format!("batch-{}", number / 500)), SystemClock::new().now());
    String::from_utf8(envelope.seal().body).unwrap()
}

/// A bootstrap at work. It ends with this value.
struct Running(Child);

impl Running {
    fn start(program: &Path, folder: &Path, api: &RuntimeApi, aws: &str) -> Self {
        let child = Command::new(program)
            .env_clear()
            .envs(variables(aws))
            .env("JOBQ_LIMIT", "hermes")
            .env("LAMBDA_TASK_ROOT", folder)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// The most memory it had so far, in bytes.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobq.toml"), config).unwrap();
    folder
}

fn zipped(program: &Path) -> u64 {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default()).unwrap();
    zip.write_all(&fs::read(program).unwrap()).unwrap();
    u64::try_from(zip.finish().unwrap().into_inner().len()).unwrap()
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A bootstrap beside the program as it is shipped: `JOBQ_BIN`, or the one this benchmark was built beside.
fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("JOBQ_BIN").map(|jobq| Path::new(&jobq).with_file_name(""));
    // This benchmark is target/release/deps/bootstraps-0123abcd.
    let folder =
        folder.unwrap_or_else(|| std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned());
    let program = folder.join(name);
    assert!(program.is_file(), "{} is missing: build it with the feature lambda", program.display());
    program
}
