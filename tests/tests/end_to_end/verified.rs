//! `limit verify`: the log of a real drain passes no window and has every call that nginx saw; one call more is found.

use std::collections::BTreeMap;

use crate::alone;
use jobq_tests::world::access_log::{Call, with_status};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, run, start, wait};
use jobq_tests::world::nginx::Nginx;
use serde_json::{Value, json};

const TASKS: usize = 300;

fn project(calls: String) -> Folder {
    let folder = Folder::new();
    folder.file("calls.txt", calls);
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"50/s\"\nquotas = [\"150/5s\", \"400/d\"]\nhosts = [\"127.0.0.1\"]\n\
         allow_private = true\n\
         [queues.calls]\nlimit = \"api\"\nresults = \"results\"\n\
         retry = { max_attempts = 5, min_backoff = \"100ms\", max_backoff = \"500ms\" }\n",
    );
    folder
}

fn verify(folder: &Folder, args: &str) -> Ended {
    let args = format!("limit verify {args}");
    run(folder.path(), args.split_whitespace())
}

fn verdict(ended: &Ended) -> Value {
    let mut report = ended.json();
    assert_eq!(report["limits"].as_array().unwrap().len(), 1, "{report}");
    report["limits"][0].take()
}

/// The worst window of each rule: its rule, calls, allowed and margin.
fn windows(verdict: &Value) -> Vec<(String, u64, u64, i64)> {
    let windows = verdict["windows"].as_array().unwrap().iter();
    let number = |window: &Value, key: &str| window[key].as_u64().unwrap();
    let window = |window: &Value| {
        let rule = window["window"].as_str().unwrap().to_owned();
        (rule, number(window, "calls"), number(window, "allowed"), window["margin"].as_i64().unwrap())
    };
    windows.map(window).collect()
}

/// nginx that lets 50 a second through, and three beyond at once, and is a bad API to those: a tenth of the calls is
/// answered with 500, `/tight` takes one a second (429), `/gone` is not there (404), `/moved` leads to another path.
fn moody() -> Nginx {
    let limit = "limit_req zone=api burst=3 nodelay;";
    Nginx::made_of(
        "limit_req_zone $server_name zone=api:1m rate=50r/s;
         limit_req_zone $uri zone=tight:1m rate=1r/s;
         limit_req_status 429;
         split_clients $request_uri$msec$connection$connection_requests $answer { 10% broken; * ok; }",
        &format!(
            "location / {{ {limit} try_files /none @$answer; }}
             location /tight {{ {limit} limit_req zone=tight; try_files /none @ok; }}
             location /gone {{ {limit} try_files /none =404; }}
             location /moved {{ {limit} try_files /none @moved; }}
             location @broken {{ return 500; }}
             location @moved {{ return 302 /call/moved; }}"
        ),
    )
}

/// The calls nginx refused where it was called too fast for its one limit; `/tight` has another.
fn refused(calls: &[Call]) -> Vec<&Call> {
    calls.iter().filter(|call| call.status == 429 && !call.path.starts_with("/tight")).collect()
}

fn drained(api: &Nginx) -> Folder {
    let odd = ["/tight", "/tight?2", "/tight?3", "/gone", "/gone?2", "/moved"].map(|path| api.url(path));
    let folder = project(format!("{}\n{}", odd.join("\n"), api.urls(TASKS)));
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let drains: Vec<_> = (0..4).map(|_| start(folder.path(), ["drain", "--until-empty", "--json"])).collect();
    drains.into_iter().for_each(|drain| assert!(matches!(wait(drain).code, Some(0 | 3))));
    folder
}

#[test]
fn p2_the_log_of_a_drain_has_every_call_and_passes_no_window_and_one_call_more_is_found() {
    let _turn = alone();
    let api = moody();
    let folder = drained(&api);
    let calls = api.calls();
    assert_eq!(refused(&calls), Vec::<&Call>::new());
    let [failed, refused, missing, moved] = [500, 429, 404, 302].map(|status| with_status(&calls, status));
    assert!(failed > 5 && refused > 0 && missing == 2 && moved > 0, "{failed} {refused} {missing} {moved}");

    for record in folder.records("results/results-00001.jsonl") {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let earlier = record["attempts"].as_array().map_or(&[][..], Vec::as_slice);
        let mut starts: Vec<String> = earlier.iter().map(|attempt| text(&attempt["at"])).collect();
        starts.push(text(&record["started_at"]));
        assert_eq!(record["attempt"], starts.len(), "{record}");
        assert!(starts.is_sorted_by(|a, b| a < b), "{record}");
        assert!(earlier.iter().all(|attempt| attempt["status"] != 200 && attempt["ms"].is_u64()), "{record}");
    }

    let verified = verify(&folder, "api --json").with_code(0);
    let told = verdict(&verified);
    println!("{} calls, {failed} failed, {refused} refused: {:?}", calls.len(), windows(&told));
    assert_eq!(told["calls"].as_u64().unwrap(), calls.len() as u64);
    assert_eq!((&told["passed"], &told["read"]["waiting"]), (&json!(false), &json!(0)));
    assert_eq!(told["read"]["calls_without_time"], 0);
    let kept = windows(&told);
    assert_eq!(kept.iter().map(|window| window.0.as_str()).collect::<Vec<_>>(), ["50/s", "150/5s", "400/d"]);
    assert!(kept.iter().all(|window| window.3 >= 0), "{kept:?}");

    // The same log with as many calls more as there is room for in the worst window of each rule, and then one.
    for (rule, (name, _, _, margin)) in kept.into_iter().enumerate() {
        let at = told["windows"][rule]["from"].as_str().unwrap();
        let line = |number| {
            let task = format!("made-{number}");
            json!({ "task": task, "queue": "calls", "attempt": 1, "started_at": at }).to_string() + "\n"
        };
        let with = |more: i64| {
            folder.file("more.jsonl", (0..more).map(line).collect::<String>());
            let ended = verify(&folder, "api --json --results results --results more.jsonl");
            (windows(&verdict(&ended))[rule].3, ended.code)
        };
        // The code is another rule's too: a bunch that fits a quota needn't fit the pace.
        assert_eq!(with(margin).0, 0, "{name}");
        assert_eq!(with(margin + 1), (-1, Some(3)), "{name}");
    }
}

/// A log of results of the queue `calls`, with one call at each of these microseconds.
fn made(micros: impl IntoIterator<Item = u64>) -> String {
    let line = |(number, at): (usize, u64)| {
        let (seconds, micros) = (at / 1_000_000, at % 1_000_000);
        let at = format!("2026-11-21T14:{:02}:{:02}.{micros:06}Z", seconds / 60, seconds % 60);
        json!({ "task": format!("t{number}"), "queue": "calls", "attempt": 1, "started_at": at }).to_string()
            + "\n"
    };
    micros.into_iter().enumerate().map(line).collect()
}

fn with_log(log: impl AsRef<[u8]>) -> Folder {
    let folder = project(String::new());
    std::fs::create_dir(folder.path().join("results")).unwrap();
    folder.file("results/results-00001.jsonl", log);
    folder
}

#[test]
fn a_made_log_that_just_fits_is_kept_and_one_call_too_many_is_found() {
    // One beyond the even sequence is the burst; a pause, so that no quota is full.
    let fits: Vec<u64> = (0..100).map(|n| n * 20_000).chain([40_000]).collect();
    let kept = verify(&with_log(made(fits.clone())), "").with_code(0);
    assert!(kept.stdout.contains("api: no window was passed; 101 calls"), "{kept:?}");
    let folder = with_log(made(fits.into_iter().chain([40_000])));
    let passed = verify(&folder, "").with_code(3);
    assert!(passed.stdout.contains("api: A WINDOW WAS PASSED; 102 calls"), "{passed:?}");
    let row = passed.stdout.lines().find(|line| line.starts_with("50/s")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells[..5], ["50/s, burst 1", "PASSED", "5", "4", "-1"]);
    let told = verdict(&verify(&folder, "--json").with_code(3));
    assert_eq!((&told["passed"], &told["windows"][0]["passed"]), (&json!(true), &json!(true)));
    assert_eq!(told["windows"][1]["passed"], json!(false));
    // Before and after it there is no fault.
    verify(&folder, "api --since 2026-11-21T14:00:00.100000Z").with_code(0);
    verify(&folder, "api --until 2026-11-21T14:00:00.040000Z").with_code(0);
}

#[test]
fn one_call_too_many_in_a_quota_is_found_whatever_the_pace() {
    // 30 a second fill 150/5s; the window has its first call and not the one five seconds later.
    let fits: Vec<u64> = (0..300).map(|n| n * 5_000_000 / 150).collect();
    let told = verdict(&verify(&with_log(made(fits.clone())), "--json").with_code(0));
    assert_eq!(windows(&told)[1], ("150/5s".to_owned(), 150, 150, 0));
    let told = verdict(&verify(&with_log(made(fits.into_iter().chain([8_010_000]))), "--json").with_code(3));
    assert_eq!(windows(&told)[1], ("150/5s".to_owned(), 151, 150, -1));
    assert_eq!(told["windows"][0]["passed"], json!(false));
}

#[test]
fn what_the_log_lacks_is_said() {
    let api = Nginx::open("");
    let log = made([0, 30_000]) + "no result\n" + &made([60_000]).replace("calls", "others");
    let long = r#"{"task":"x","queue":"calls","attempt":25,"started_at":"2026-11-21T15:00:00Z"}"#;
    let folder = with_log(log + long + "\n");
    let nothing = verify(&folder, "api --since 2026-11-21T16:00:00Z").with_code(0);
    assert!(nothing.stdout.contains("api: the log has no calls of it"), "{nothing:?}");
    folder.file("calls.txt", api.urls(2));
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    run(folder.path(), ["limit", "set", "api", "80/s", "--reason", "they allowed it"]).with_code(0);
    let text = verify(&folder, "api").with_code(0).stdout;
    for said in [
        "results/results-00001.jsonl:3: expected",
        "calls that histories no longer tell: 24",
        "what was called for tasks not done yet: 2",
        "set 80/s: they allowed it",
        "calls broken off by a kill or a stop",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let told = verdict(&verify(&folder, "api --json").with_code(0));
    let numbers: BTreeMap<&str, &Value> =
        ["results", "other_results", "broken"].into_iter().map(|key| (key, &told["read"][key])).collect();
    assert_eq!(json!(numbers), json!({ "results": 3, "other_results": 1, "broken": 1 }));
    let config = folder.read("jobq.toml").replace("results = \"results\"\n", "");
    folder.file("jobq.toml", config);
    let text = verify(&folder, "api").with_code(0).stdout;
    assert!(text.contains("queues that keep no results: calls"), "{text}");
}

#[test]
fn the_log_of_a_run_is_verified_where_it_is_named() {
    let api = Nginx::open("location /gone { return 404; }");
    let folder = Folder::new();
    folder.file("calls.txt", api.urls(20) + &api.url("/gone"));
    let args = ["run", "calls.txt", "--rate", "50/s", "--allow-private", "--limit", "mine"];
    run(folder.path(), args).with_code(3);
    let told = verdict(&verify(&folder, "mine --results calls.results.jsonl --json").with_code(0));
    assert_eq!((&told["calls"], &told["read"]["dead_letters"]), (&json!(21), &json!(1)));
    let unknown = verify(&folder, "mine").with_code(2);
    assert!(unknown.stderr.contains("jobq limit verify mine --results"), "{unknown:?}");
}

#[test]
fn what_can_not_be_verified_is_said() {
    let folder = with_log("");
    for (args, said) in [
        ("apo", "apo"),
        ("api --since soon", "'soon' is no point in time"),
        ("api --since 1h --until 2h", "--until is not after --since"),
        ("api --results nowhere.jsonl", "there is no file or folder nowhere.jsonl"),
        ("api --results gs://x/y", "name a folder"),
        ("--results results", "<LIMIT>"),
    ] {
        let ended = verify(&folder, args).with_code(2);
        assert!(ended.stderr.contains(said), "limit verify {args}: {ended:?}");
    }
    assert!(!folder.path().join(".jobq").exists(), "looking has made a store");
    folder.file("jobq.toml", "");
    let nothing = verify(&folder, "").with_code(2);
    assert!(nothing.stderr.contains("there is no limit"), "{nothing:?}");
}
