//! The ETA that `jobq status` gives in the middle of a real drain, against what then happens.

use std::time::{Duration, Instant};

use jobq_tests::world::api::Api;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience;
use serde_json::Value;

use crate::alone;

/// How far off an ETA may be.
const OFF: f64 = 0.1;

/// What was foretold of a queue, and when.
struct Told {
    at: Instant,
    percent: u64,
    queue: String,
    least: f64,
    most: Option<f64>,
}

impl Told {
    /// Whether the range holds what happened, or its middle is near it.
    fn is_right(&self, was: f64) -> bool {
        let most = self.most.unwrap_or(f64::INFINITY);
        let middle = if most.is_finite() { f64::midpoint(self.least, most) } else { self.least };
        let near = |told: f64| (told / was - 1.0).abs() <= OFF;
        near(middle) || self.least * (1.0 - OFF) <= was && was <= most * (1.0 + OFF) && most.is_finite()
    }
}

fn waiting(queue: &Value) -> u64 {
    ["ready", "in_flight", "delayed"].iter().map(|part| queue[part].as_u64().unwrap()).sum()
}

/// Drains these queues and asks when a quarter, a half and three quarters of all are done.
fn drained(folder: &Folder, queues: &[(&str, u64)]) -> Vec<(Told, f64)> {
    let all: u64 = queues.iter().map(|(_, tasks)| tasks).sum();
    let status = || run(folder.path(), ["status", "--json"]).with_code(0).json();
    let drain = start(folder.path(), ["drain", "--until-empty"]);
    let mut told = Vec::new();
    let mut ends: Vec<Option<Instant>> = vec![None; queues.len()];
    patience::until("all queues are empty", || {
        let status = status();
        let now = Instant::now();
        let read: Vec<&Value> = queues.iter().map(|(name, _)| find(&status, name)).collect();
        let left: u64 = read.iter().map(|queue| waiting(queue)).sum();
        for percent in [25, 50, 75] {
            let is_new = told.iter().all(|told: &Told| told.percent != percent);
            if is_new && (all - left) * 100 >= all * percent {
                told.extend(
                    read.iter().filter(|queue| waiting(queue) > 0).map(|queue| Told::of(queue, now, percent)),
                );
            }
        }
        for (end, queue) in ends.iter_mut().zip(&read) {
            *end = end.or((waiting(queue) == 0).then_some(now));
        }
        left == 0
    });
    wait(drain).with_code(0);
    let was = |told: &Told| {
        let queue = queues.iter().position(|(name, _)| *name == told.queue).unwrap();
        (ends[queue].unwrap() - told.at).as_secs_f64()
    };
    told.into_iter()
        .map(|told| {
            let was = was(&told);
            (told, was)
        })
        .collect()
}

fn find<'a>(status: &'a Value, name: &str) -> &'a Value {
    status["queues"].as_array().unwrap().iter().find(|queue| queue["queue"] == name).unwrap()
}

impl Told {
    fn of(queue: &Value, at: Instant, percent: u64) -> Self {
        let eta = &queue["eta"];
        let (least, most) = (eta["least_seconds"].as_f64().unwrap(), eta["most_seconds"].as_f64());
        Self { at, percent, queue: queue["queue"].as_str().unwrap().to_owned(), least, most }
    }
}

#[track_caller]
fn assert_right(told: &[(Told, f64)]) {
    for (told, was) in told {
        let most = told.most.map_or_else(|| "-".to_owned(), |most| format!("{most:.1}"));
        println!("{} at {} %: told {:.1} to {most} s, was {was:.1} s", told.queue, told.percent, told.least);
        assert!(told.is_right(*was), "{} at {} %", told.queue, told.percent);
    }
}

#[test]
fn at_the_limits_pace_two_queues_are_empty_when_it_was_told() {
    let _turn = alone();
    let api = Nginx::open("");
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.troops]\nlimit = \"api\"\nweight = 3\n[queues.groups]\nlimit = \"api\"\n",
    );
    for (queue, tasks) in [("troops", 900), ("groups", 600)] {
        folder.file("calls.txt", api.urls(tasks));
        run(folder.path(), ["push", queue, "calls.txt", "--batch", queue]).with_code(0);
    }
    let told = drained(&folder, &[("troops", 900), ("groups", 600)]);
    assert!(told.len() >= 5, "{} were told", told.len());
    assert_right(&told);
}

#[test]
fn an_api_that_is_slower_than_its_limit_is_in_the_range() {
    let _turn = alone();
    let api = Api::slow(Duration::from_millis(200));
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"100/s\"\nmax_in_flight = 5\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.troops]\nlimit = \"api\"\n",
    );
    let urls: String = (0..600).map(|n| format!("http://127.0.0.1:{}/{n}\n", api.port)).collect();
    folder.file("calls.txt", urls);
    run(folder.path(), ["push", "troops", "calls.txt"]).with_code(0);
    let told = drained(&folder, &[("troops", 600)]);
    assert_eq!(told.len(), 3);
    assert_right(&told);
    for (told, was) in &told {
        // Five at once for 200 ms each are 25 a second: what was seen is what counts.
        assert!((told.most.unwrap() / was - 1.0).abs() <= OFF, "told {:?}, was {was}", told.most);
    }
}
