//! `--metrics`: a real drain, fetched from while it runs, read by Prometheus' own strict parser.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use jobq_tests::aws::emulator::program;
use jobq_tests::aws::plain_http::blocking;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run, wait};
use jobq_tests::world::nginx::{Nginx, free_port};
use jobq_tests::world::patience::until;
use serde_json::Value;

use crate::alone;

/// Calls that are answered well, some of them at the second try: nginx lets fewer through than the limit would.
const GOOD: usize = 60;

/// A page as it was read.
struct Page(Vec<Value>);

impl Page {
    /// # Panics
    /// If it is no page that the standard allows.
    fn read(text: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end/openmetrics.py");
        let mut reader = Command::new(program("python"));
        reader.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut reader = reader.spawn().unwrap();
        reader.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let read = reader.wait_with_output().unwrap();
        assert!(read.status.success(), "{text} is no page of metrics");
        Self(serde_json::from_slice(&read.stdout).unwrap())
    }

    fn samples(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().flat_map(|family| family["samples"].as_array().unwrap())
    }

    /// The sum of all samples of this name that have these labels.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Value| labels.iter().all(|(label, word)| sample["labels"][label] == *word);
        let own: Vec<f64> = self
            .samples()
            .filter(|sample| sample["name"] == name)
            .filter(has)
            .map(|sample| sample["value"].as_f64().unwrap())
            .collect();
        assert!(!own.is_empty(), "there is no {name} with {labels:?}");
        own.iter().sum()
    }

    /// Every metric as the page of documentation names it: with its kind and its labels.
    fn told(&self) -> BTreeSet<(String, String)> {
        let told = |family: &Value| {
            let (name, kind) = (family["name"].as_str().unwrap(), family["kind"].as_str().unwrap());
            let ending = if kind == "counter" { "_total" } else { "" };
            let labels = family["samples"][0]["labels"].as_object().unwrap();
            let labels: Vec<&str> =
                labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
            assert!(!family["help"].as_str().unwrap().is_empty(), "{name} has no help");
            (format!("{name}{ending}{{{}}}", labels.join(",")), kind.to_owned())
        };
        self.0.iter().map(told).collect()
    }
}

/// A command that goes on until it is stopped.
struct Drain {
    folder: Folder,
    child: Child,
    url: String,
}

impl Drain {
    fn start(folder: Folder, command: &str) -> Self {
        let errors = folder.path().join("stderr");
        let child = jobq(folder.path(), [command, "--metrics", "127.0.0.1:0", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let told = |text: &str| Some(text.split_once("metrics are at ")?.1.split_once('\n')?.0.to_owned());
        until("it tells its port", || told(&fs::read_to_string(&errors).unwrap()).is_some());
        let url = told(&fs::read_to_string(&errors).unwrap()).unwrap();
        Self { folder, child, url }
    }

    fn fetch(&self) -> Page {
        let answer = blocking().get(&self.url).send().unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        Page::read(&answer.text().unwrap())
    }

    fn stop(self, code: i32) -> Value {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended: Ended = wait(self.child);
        let errors = fs::read_to_string(self.folder.path().join("stderr")).unwrap();
        assert_eq!(ended.code, Some(code), "{errors}");
        ended.json()
    }
}

/// Tasks of which most are done, one dead by its answer and one for want of one, and one that waits in a paused queue.
fn project(api: &Nginx) -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"40/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.calls]\nlimit = \"api\"\nretry = { max_attempts = 1 }\n\
         [queues.later]\nlimit = \"api\"\n",
    );
    let nobody = format!("http://127.0.0.1:{}/\n", free_port());
    folder.file("calls.txt", format!("{}{}\n{nobody}", api.urls(GOOD), api.url("/dead")));
    folder.file("later.txt", api.url("/later\n"));
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    run(folder.path(), ["push", "later", "later.txt"]).with_code(0);
    run(folder.path(), ["queue", "pause", "later"]).with_code(0);
    folder
}

fn limiting() -> Nginx {
    Nginx::made_of(
        "limit_req_zone $server_name zone=api:1m rate=25r/s;\n limit_req_status 429;",
        "location = /dead { return 404; }
         location / { limit_req zone=api burst=1 nodelay; try_files /none @ok; }",
    )
}

#[test]
fn metrics_are_what_the_drain_reports_and_what_the_page_says() {
    let _turn = alone();
    let api = limiting();
    let drain = Drain::start(project(&api), "drain");
    let first = drain.fetch();

    let ended = |page: &Page| page.sum("jobq_tasks_done_total", &[]) + page.sum("jobq_tasks_dead_total", &[]);
    until("all is done", || ended(&drain.fetch()) >= (GOOD + 2) as f64);
    // Depths are read every few seconds, and a drainer may have received from a paused queue before it saw the ledger.
    let waiting = |page: &Page| page.sum("jobq_queue_tasks", &[("queue", "later"), ("state", "ready")]);
    until("what waits is told", || waiting(&drain.fetch()) == 1.0);
    let last = drain.fetch();
    assert_eq!(last.told(), documented());
    for sample in first.samples().filter(|own| own["name"].as_str().unwrap().ends_with("_total")) {
        let labels = sample["labels"].as_object().unwrap();
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(label, word)| (label.as_str(), word.as_str().unwrap())).collect();
        let now = last.sum(sample["name"].as_str().unwrap(), &labels);
        assert!(now >= sample["value"].as_f64().unwrap(), "{sample} has shrunk to {now}");
    }
    not_found_and_not_allowed(&drain.url);
    let report = drain.stop(3);

    println!("{report}");
    let counted = |name: &str| last.sum(name, &[]);
    for (key, counted) in [
        ("calls", counted("jobq_calls_started_total")),
        ("calls", counted("jobq_calls_ended_total")),
        ("calls", counted("jobq_call_duration_seconds_count")),
        ("done", counted("jobq_tasks_done_total")),
        ("dead", counted("jobq_tasks_dead_total")),
        ("retried", counted("jobq_tasks_retried_total")),
        ("refused", counted("jobq_answers_throttled_total")),
        ("refused", counted("jobq_tasks_postponed_total")),
        ("released", counted("jobq_tasks_released_total")),
    ] {
        assert_eq!(report[key].as_f64().unwrap(), counted, "{key}");
    }
    assert!(report["refused"].as_u64().unwrap() > 0, "nginx refused nothing: {report}");
    let of = |class| last.sum("jobq_calls_ended_total", &[("queue", "calls"), ("class", class)]);
    assert_eq!((of("2xx"), of("none")), (GOOD as f64, 1.0));
    assert_eq!(of("4xx"), counted("jobq_answers_throttled_total") + 1.0);
    for reason in ["rejected", "exhausted"] {
        assert_eq!(last.sum("jobq_tasks_dead_total", &[("reason", reason)]), 1.0, "{reason}");
    }
    let answered = api.calls().len() as f64;
    assert_eq!(counted("jobq_calls_started_total"), answered + 1.0, "nginx saw all but the one to nobody");
    assert!(counted("jobq_slots_booked_total") >= answered);
}

#[test]
fn an_engine_tells_of_all_its_limits_on_one_page() {
    let api = Nginx::open("");
    let folder = Folder::new();
    let hosts = "rate = \"100/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true";
    folder.file(
        "jobq.toml",
        format!(
            "[limits.one]\n{hosts}\n[limits.two]\n{hosts}\n[queues.a]\nlimit = \"one\"\n\
             [queues.b]\nlimit = \"two\"\n[queues.later]\nlimit = \"two\"\n"
        ),
    );
    folder.file("calls.txt", api.urls(20));
    for queue in ["a", "b", "later"] {
        run(folder.path(), ["push", queue, "calls.txt"]).with_code(0);
    }
    run(folder.path(), ["queue", "pause", "later"]).with_code(0);
    let serve = Drain::start(folder, "serve");
    let done = |limit: &str| serve.fetch().sum("jobq_tasks_done_total", &[("limit", limit)]);
    until("both are done", || done("one") == 20.0 && done("two") == 20.0);
    // Depths are read every few seconds, and only of a queue where something waits is there an age to tell.
    until("the same metrics are told, whoever tells them", || serve.fetch().told() == documented());
    let page = serve.fetch();
    assert_eq!(page.sum("jobq_rate_allowed_calls_per_second", &[("limit", "two")]).round(), 98.0);
    let report = serve.stop(0);
    let limits = report["limits"].as_array().unwrap();
    assert!(limits.iter().all(|limit| limit["done"] == 20), "{report}");
}

fn not_found_and_not_allowed(url: &str) {
    let client = blocking();
    assert_eq!(client.get(url.replace("/metrics", "/")).send().unwrap().status(), 404);
    let refused = client.post(url).send().unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["allow"]), (405, &"GET".parse().unwrap()));
    assert_eq!(client.head(url).send().unwrap().status(), 405);
}

/// The table of `docs/telemetry.md`: names with labels, and kinds.
fn documented() -> BTreeSet<(String, String)> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/telemetry.md");
    let page = fs::read_to_string(path).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("Prometheus")).unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        Some((cells.next()?.trim_end_matches('`').to_owned(), cells.next()?.to_owned()))
    };
    let rows: BTreeSet<(String, String)> = section.lines().filter_map(row).collect();
    assert!(rows.len() > 15, "only {rows:?}");
    rows
}

#[test]
fn an_address_in_use_is_told_with_what_to_type() {
    let api = Nginx::open("");
    let folder = Folder::new();
    folder.file("calls.txt", api.urls(1));
    let taken = format!("127.0.0.1:{}", api.port);
    let args = ["run", "calls.txt", "--rate", "50/s", "--allow-private", "--metrics", &taken];
    let ended = run(folder.path(), args).with_code(1);
    assert!(ended.stderr.contains(&format!("error: serve metrics at {taken}: ")), "{ended:?}");
    assert!(ended.stderr.contains("hint: choose another address, or any free port: --metrics 127.0.0.1:0"));
    assert_eq!(api.calls(), []);
    let ended = run(folder.path(), ["drain", "--metrics", "here"]).with_code(2);
    assert!(ended.stderr.contains("like 127.0.0.1:9464"), "{ended:?}");
}
