//! The examples of `examples/`, each followed as its page says, against the API that is there for them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, iter};

use jobq_core::time::Timestamp;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{run, start, stop};
use jobq_tests::world::patience::until;
use jobq_tests::world::walkthrough;

/// The addresses that examples call.
const WRITTEN: [&str; 3] = ["127.0.0.1:8080", "127.0.0.1:8081", "127.0.0.1:8082"];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The examples' API, on ports that are free.
struct Api {
    server: Child,
    /// Each address as examples write it, and as it is here.
    addresses: Vec<(String, String)>,
}

impl Api {
    fn open() -> Self {
        let mut command = Command::new("python3");
        command.arg(examples().join("api.py")).args(["0"; WRITTEN.len()]);
        let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        let real = told.map(|line| line.strip_prefix("listening on ").unwrap().to_owned());
        let addresses = WRITTEN.map(str::to_owned).into_iter().zip(real).collect();
        Self { server, addresses }
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// An example as somebody would copy it, calling `api`.
fn copied(name: &str, api: &Api) -> Folder {
    let folder = Folder::new();
    for entry in fs::read_dir(examples().join(name)).unwrap() {
        let path = entry.unwrap().path();
        let content = fs::read_to_string(&path).unwrap();
        let put_in = |text: String, (written, real): &(String, String)| text.replace(written, real);
        let content = api.addresses.iter().fold(content, put_in);
        folder.file(path.file_name().unwrap().to_str().unwrap(), content);
    }
    folder
}

/// Follows the page of an example, and gives the folder as it is then.
fn follow(name: &str) -> Folder {
    let api = Api::open();
    let folder = copied(name, &api);
    let page = examples().join(name).join("README.md");
    let problem = walkthrough::problem(&page, folder.path(), &api.addresses);
    assert_eq!(problem, None, "{}", problem.as_deref().unwrap_or_default());
    folder
}

#[test]
fn every_example_is_listed_and_followed_here() {
    let folders = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir());
    let list = fs::read_to_string(examples().join("README.md")).unwrap();
    let here = include_str!("examples.rs");
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert!(list.contains(&format!("({name}/README.md)")), "{name} isn't in examples/README.md");
        assert!(here.contains(&format!("follow(\"{name}\")")), "nobody follows {name}");
        assert!(folder.join("jobq.toml").is_file(), "{name}");
    }
}

#[test]
fn a_nested_pipeline() {
    let folder = follow("nested-pipeline");
    assert_eq!(folder.records("results/data.jsonl").len(), 36);
}

#[test]
fn a_paged_api() {
    let folder = follow("paged-api");
    let orders = folder.records("results/orders.jsonl");
    let ids = orders.iter().flat_map(|page| page["body"]["orders"].as_array().unwrap());
    assert_eq!(ids.filter_map(serde_json::Value::as_u64).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
}

#[test]
fn webhooks_to_many_hosts() {
    follow("webhooks");
}

#[test]
fn a_nightly_pull() {
    let waiting = follow("nightly-pull");
    let shown = run(waiting.path(), ["queue", "show", "orders"]).with_code(0).stdout;
    assert!(shown.contains("\nopens ") && shown.contains("\npush nightly "), "{shown}");
    let api = Api::open();
    let folder = copied("nightly-pull", &api);
    // As the page says, for people who don't want to wait for the night.
    let now = folder.read("jobq.toml").replace("cron(0 2 ", "cron(* * ");
    folder.file("now.toml", now);
    let serve = start(folder.path(), ["serve", "--config", "now.toml"]);
    until("the pull has ended", || {
        folder.path().join("last-pull.json").metadata().is_ok_and(|file| file.len() > 0)
    });
    let told = stop(serve).with_code(0);
    let summary: serde_json::Value = serde_json::from_str(&folder.read("last-pull.json")).unwrap();
    assert_eq!((summary["done"].as_u64(), summary["dead"].as_u64()), (Some(55), Some(0)), "{told:?}");
}

#[test]
fn map_and_reduce() {
    let folder = follow("map-reduce");
    let totals = folder.records("results/totals.jsonl");
    let combined: serde_json::Value = serde_json::from_str(&folder.read("combined.json")).unwrap();
    assert_eq!(totals.len(), 1, "the batch ended once: {totals:?}");
    assert_eq!(totals[0]["body"]["words"], combined["words"], "both ways to add up come to the same");
}

#[test]
fn p2_load_in_phases() {
    let _turn = crate::alone();
    let folder = follow("load-phases");
    let started =
        |result: &serde_json::Value| Timestamp::parse(result["started_at"].as_str().unwrap()).unwrap();
    let starts: Vec<Timestamp> = folder.records("results/load.jsonl").iter().map(started).collect();
    let begin = *starts.iter().min().unwrap();
    let before = |end: f64| starts.iter().filter(|at| at.since(begin).as_secs_f64() < end).count();
    // The rate at the end of each second of the ramp, which is the most there was in it.
    let ramp = |end: u32| 30.0 + (1..=end - 3).map(|second| 10.0 + 15.0 * f64::from(second)).sum::<f64>();
    for (end, most) in iter::once((3, 30.0)).chain([5, 7, 9].map(|end| (end, ramp(end)))) {
        let calls = before(f64::from(end));
        assert!(calls as f64 <= most + 2.0, "{calls} calls in the first {end} s, at most {most}");
    }
}
