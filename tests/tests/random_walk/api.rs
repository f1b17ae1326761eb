//! An API in the same process: answers as a task's id says, and remembers every call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobq_core::ports::clock::Clock;
use jobq_core::ports::target::Target;
use jobq_core::reply::{CallError, Reply};
use jobq_core::task::Request;
use jobq_core::time::Timestamp;
use jobq_tests::hand_clock::HandClock;

use crate::chance::Chance;
use crate::tree;

/// An API that answers by the kind in a url: `http://api/KIND-NUMBER`; see [`tree`] for what it says.
pub(crate) struct Api {
    clock: HandClock,
    chance: Chance,
    /// Whether all kinds are answered well.
    mended: AtomicBool,
    pub(crate) seen: Mutex<Seen>,
}

/// What the API saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// When each call was started.
    pub(crate) starts: Vec<Timestamp>,
    /// How many calls of a task there were.
    calls: HashMap<String, u32>,
    /// How many of a task's calls failed by its own fault.
    pub(crate) failures: HashMap<String, u32>,
}

impl Api {
    pub(crate) fn new(clock: HandClock, chance: Chance) -> Self {
        Self { clock, chance, mended: AtomicBool::default(), seen: Mutex::default() }
    }

    /// From now on all kinds are answered well.
    pub(crate) fn mend(&self) {
        self.mended.store(true, Ordering::SeqCst);
    }

    /// Notes the start of a call and tells which one of its task it is, counted from 1.
    fn started(&self, task: &str) -> u32 {
        let mut seen = self.seen.lock().unwrap();
        seen.starts.push(self.clock.now());
        let calls = seen.calls.entry(task.to_owned()).or_default();
        *calls += 1;
        *calls
    }

    fn failed(&self, task: &str) {
        *self.seen.lock().unwrap().failures.entry(task.to_owned()).or_default() += 1;
    }

    fn answer(&self, task: &str, call: u32) -> Result<Reply, CallError> {
        let is_mended = self.mended.load(Ordering::SeqCst);
        let kind = task.split('-').next().filter(|_| !is_mended).unwrap_or("ok");
        let status = match kind {
            "flaky" if call <= 2 => 500,
            "broken" => 500,
            "poison" => 404,
            "hasty" if call == 1 => 429,
            "lost" if call == 1 => {
                self.failed(task);
                return Err(CallError::Connection("connection reset".to_owned()));
            }
            "panics" if call == 1 => {
                self.failed(task);
                panic!("a panic of the test's own, in a call");
            }
            _ => 200,
        };
        if status == 500 {
            self.failed(task);
        }
        let headers =
            if status == 429 { vec![("retry-after".to_owned(), "1".to_owned())] } else { Vec::new() };
        // What an answer that isn't well says makes nothing.
        let body = tree::answer(task).map_or_else(|| "{}".to_owned(), |answer| answer.to_string());
        Ok(Reply { status, headers, body: body.into_bytes() })
    }
}

/// One drainer's line to the API. Some calls kill who makes them.
#[derive(Clone)]
pub(crate) struct Line {
    api: Arc<Api>,
    fatal: Arc<AtomicBool>,
}

impl Line {
    pub(crate) fn new(api: &Arc<Api>) -> Self {
        Self { api: Arc::clone(api), fatal: Arc::default() }
    }

    /// Whether its drainer has made a call that kills.
    pub(crate) fn is_fatal(&self) -> bool {
        self.fatal.load(Ordering::SeqCst)
    }
}

impl Target for Line {
    async fn call(&self, request: &Request, _timeout: Duration, _most: u64) -> Result<Reply, CallError> {
        let task = request.url.strip_prefix("http://api/").unwrap();
        let call = self.api.started(task);
        if task.starts_with("killer") {
            self.fatal.store(true, Ordering::SeqCst);
        }
        let lasts = if task.starts_with("slow") { 25_000 } else { 5 + self.api.chance.below(300) };
        self.api.clock.sleep(Duration::from_millis(lasts)).await;
        self.api.answer(task, call)
    }
}
