//! One call grows into thousands, over five queues, and something goes on from its end: whatever comes twice and whoever is
//! killed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jobq_core::human;
use jobq_core::time::Timestamp;
use jobq_tests::json_page::JsonPage;
use jobq_tests::world::nginx::Nginx;

use crate::stage::Stage;
use crate::{alone, bootstraps};

/// A tenth of the talk's calls, level by level: 1 -> 20 -> 160 -> 1,280 -> 5,120.
const WIDTHS: [usize; 4] = [20, 8, 8, 4];

/// How many there are in all.
const ALL: usize = 1 + 20 + 160 + 1_280 + 5_120;

/// Calls a second.
const RATE: usize = 150;

/// One of so many requests that send tasks is made twice. What comes twice grows twice, at each level.
const DOUBLED: usize = 20;

/// How long it may take: what is there to do, three times over, and what was killed coming back.
const MOST: Duration = Duration::from_secs(300);

/// An API of that shape, with a limiter of its own.
fn api() -> Nginx {
    let ids = |width: usize| (0..width).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let limited = format!("limit_req zone=api burst={} nodelay; try_files /none", RATE / 10);
    let mut server = String::new();
    for (level, width) in WIDTHS.iter().enumerate() {
        let path = format!("^/w{}$", r"/\d+".repeat(level));
        server += &format!("location ~ \"{path}\" {{ {limited} @list{level}; }}\n");
        server += &format!("location @list{level} {{ return 200 '{{\"ids\":[{}]}}'; }}\n", ids(*width));
    }
    server += &format!("location / {{ {limited} @ok; }}");
    let zone = format!("limit_req_zone $server_name zone=api:1m rate={RATE}r/s;\n limit_req_status 429;");
    Nginx::made_of(&zone, &server)
}

/// Five stages on one limit, and a report on another.
fn config(api: &Nginx) -> String {
    let limit = |name: &str, rate: usize, most: usize| {
        format!(
            "[limits.{name}]\nrate = \"{rate}/s\"\nhosts = [\"127.0.0.1:{}\"]\nallow_private = true\n\
             drainers = {{ max = {most}, in_flight = 4, target_drain = \"1s\" }}\n",
            api.port
        )
    };
    let mut text =
        limit("hermes", RATE, 3) + &limit("reports", 5, 1) + "[queues.reports]\nlimit = \"reports\"\n";
    let stages = ["lists", "warriors", "troops", "groups", "data"];
    for (at, stage) in stages.iter().enumerate() {
        text += &format!("[queues.{stage}]\nlimit = \"hermes\"\ntimeout = \"3s\"\nvisibility = \"10s\"\n");
        if at == 0 {
            let url = api.url("/report");
            text += &format!(
                "on_complete = {{ queue = \"reports\", task = '\"{url}?of=\\(.batch)&done=\\(.done)\"' }}\n"
            );
        }
        if let Some(next) = stages.get(at + 1) {
            text += &format!(
                "then = {{ queue = \"{next}\", each = \".ids[]\", task = '\"\\($task.url)/\\(.)\"' }}\n"
            );
        }
    }
    text
}

#[test]
fn p1_the_talks_pipeline_is_whole_and_followed_once_though_tasks_come_twice_and_drainers_are_killed() {
    let _turn = alone();
    let api = api();
    let stage = Stage::deploy(&config(&api));
    let address = stage.listen();
    stage.proxy.double("lambda", "Invoke");
    stage.proxy.double_one_in(DOUBLED, "sqs", "SendMessageBatch");
    let begun = Instant::now();
    stage.folder.file("start.txt", api.url("/w"));
    stage.run("push lists start.txt --batch nightly").with_code(0);
    let (mut killed, mut moments) = (0, 0);
    let mut told = Vec::new();
    // Its own end, and the end of the report's batch.
    while told.len() < 2 {
        assert!(begun.elapsed() < MOST, "not ended in time: {:#}", stage.status());
        stage.tick();
        told.extend(stage.told(&address));
        let calls = api.calls().len();
        if moments < 3 && calls > ALL * (moments + 1) / 4 {
            moments += 1;
            killed += bootstraps::kill_all(stage.proxy.url());
        }
        if moments == 3 {
            // The report is to come once.
            stage.proxy.single("sqs", "SendMessageBatch");
        }
    }
    let took = begun.elapsed().as_secs_f64();
    told.extend(stage.told(&address));
    assert_eq!(told.len(), 2, "{told:#?}");
    let end = |batch: &str| told.iter().find(|told| told["batch"] == batch).unwrap();
    let count = |batch: &str| ["known", "done", "dead", "times"].map(|key| end(batch)[key].as_u64().unwrap());
    assert_eq!(count("nightly"), [ALL as u64, ALL as u64, 0, 1]);
    assert_eq!(count("nightly.complete"), [1, 1, 0, 1]);

    let shown = stage.run("batch show nightly --json").with_code(0).json();
    JsonPage::read().hold(&["batch", "show", "nightly"], &shown);
    // At 45 s of a function's time and a third of a request a task.
    let dollars = shown["cost"]["dollars"].as_f64().unwrap();
    assert!((0.001..0.002).contains(&dollars), "{shown}");
    assert!(stage.run("batch show nightly").stdout.contains("about $0.001 so far"));

    let calls = api.calls();
    let mut first: HashMap<&str, f64> = HashMap::new();
    for call in calls.iter().filter(|call| call.status == 200) {
        first.entry(&call.path).or_insert(call.at);
    }
    let report = format!("/report?of=nightly&done={ALL}");
    assert_eq!(calls.iter().filter(|call| call.path.starts_with("/report")).count(), 1);
    let reported = first.remove(report.as_str()).expect("the report was called");
    assert_eq!(first.len(), ALL, "not one call is missing");
    let ended = end("nightly")["finished_at"].as_str().unwrap();
    let ended = human::parse_instant(ended, Timestamp::from_secs(0)).unwrap();
    let last = first.values().copied().fold(0.0, f64::max);
    let ended = ended.as_nanos() as f64 / 1e9;
    assert!(last <= ended && ended <= reported, "{last} {ended} {reported}");
    assert!(killed >= 3, "{killed} were killed");
    let refused = calls.iter().filter(|call| call.status == 429).count();
    println!(
        "{ALL} calls in {took:.1} s, {killed} drainers killed, {} calls made again, {refused} refused",
        calls.len() - ALL - 1 - refused
    );
    assert!(calls.len() > ALL + 1 + refused, "some came twice");
}
