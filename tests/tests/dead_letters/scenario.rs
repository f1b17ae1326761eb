//! What operators do with a dead-letter queue, and what must come of it.

use std::collections::BTreeMap;

use jobq_tests::world::access_log::with_status;
use jobq_tests::world::jobq::wait;
use jobq_tests::world::patience::until;
use serde_json::{Value, json};

use crate::api::FAILURES;
use crate::office::Office;

/// Looks at all of it in every way; what was looked at is as it was.
pub(crate) fn looks(office: &Office, letters: usize) {
    let exported = office.export(&[]);
    assert_eq!(exported.len(), letters);
    stats_are_right(office, letters);
    filters_are_right(office, &exported);
    assert_eq!(office.export(&[]), exported, "a look changes nothing");
}

/// Every failure is counted, to the one.
pub(crate) fn stats_are_right(office: &Office, letters: usize) {
    let stats = office.run(&["dlq", "stats", "troops", "--json"]).with_code(0).json();
    let mut told = BTreeMap::new();
    for group in stats["groups"].as_array().unwrap() {
        let key = format!("{} {} {}", group["reason"], group["status"], group["host"]);
        assert!(told.insert(key, group["count"].as_u64().unwrap()).is_none());
    }
    let mut expected = BTreeMap::new();
    for failure in FAILURES {
        let (reason, status) = match failure {
            "hang" => ("exhausted", Value::Null),
            "500" => ("exhausted", json!(500)),
            refused => ("rejected", json!(refused.parse::<u16>().unwrap())),
        };
        for host in ["127.0.0.1", "localhost"] {
            let host = format!("{host}:{}", office.api.nginx.port);
            let key = format!("{} {status} {}", json!(reason), json!(host));
            expected.insert(key, (letters / FAILURES.len() / 2) as u64);
        }
    }
    assert_eq!((stats["total"].as_u64(), told), (Some(letters as u64), expected));
}

/// A list with a filter is what the filter's own words leave of an export.
fn filters_are_right(office: &Office, exported: &[Value]) {
    let mut deaths: Vec<&str> =
        exported.iter().map(|line| line["dead"]["died_at"].as_str().unwrap()).collect();
    deaths.sort_unstable();
    let middle = deaths[deaths.len() / 2].to_owned();
    let status = |line: &Value| line["dead"]["status"].as_u64();
    let host = |line: &Value| line["dead"]["host"].as_str().unwrap().to_owned();
    let died = |line: &Value| line["dead"]["died_at"].as_str().unwrap().to_owned();
    type Keeps<'a> = &'a dyn Fn(&Value) -> bool;
    let cases: [(&[&str], Keeps<'_>); 11] = [
        (&["--reason", "exhausted"], &|line| line["dead"]["reason"] == "exhausted"),
        (&["--reason", "poison"], &|_| false),
        (&["--status", "422"], &|line| status(line) == Some(422)),
        (&["--status", "401,404"], &|line| matches!(status(line), Some(401 | 404))),
        (&["--status", "4xx"], &|line| status(line).is_some_and(|status| status / 100 == 4)),
        (&["--status", "none"], &|line| status(line).is_none()),
        (&["--host", "localhost"], &|line| host(line).starts_with("localhost:")),
        (&["--batch", "b", "--status", "5xx"], &|line| {
            line["dead"]["batch"] == "b" && status(line) == Some(500)
        }),
        (&["--since", &middle], &|line| died(line) >= middle),
        (&["--until", &middle], &|line| died(line) < middle),
        (&["--grep", r"/v1/404/b-\d*6\b"], &|line| {
            let url = line["url"].as_str().unwrap();
            url.contains("/v1/404/b-") && url.ends_with('6')
        }),
    ];
    for (filter, keeps) in cases {
        let expected: Vec<&Value> = exported.iter().filter(|line| keeps(line)).collect();
        let listed = office.list(filter);
        assert_eq!(listed.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        let shows_some = !expected.is_empty() && expected.len() < exported.len();
        assert!(shows_some || filter == ["--reason", "poison"], "{filter:?} proves nothing");
    }
}

/// Sends back one failure, changed, and is killed at it again and again: each goes back once, at the limit, and
/// the rest lies as it lay.
pub(crate) fn p1_p2_sends_back_one_failure(office: &Office, letters: usize, kills: u64) {
    let meant = letters / FAILURES.len();
    let rest: Vec<Value> =
        office.export(&[]).into_iter().filter(|line| line["dead"]["status"] != 422).collect();
    let redrive =
        ["dlq", "redrive", "troops", "--status", "422", "--edit", r#".url |= sub("v1";"v2")"#, "--json"];
    let told = office.run(&[&redrive[..], &["--dry-run"]].concat()).with_code(0).json();
    assert_eq!((&told["chosen"], &told["ended"]), (&json!(meant), &json!(0)));
    for kill in 1..=kills {
        let mut running = office.start(&redrive);
        until("some of it is sent back", || {
            office.count("ready") > (kill - 1) * 50 || running.try_wait().unwrap().is_some()
        });
        running.kill().unwrap();
        wait(running);
    }
    // What a killed round held comes back by itself, after a minute at most.
    repeat("the rest is sent back", || {
        office.run(&redrive).with_code(0);
        office.count("dead") == (letters - meant) as u64
    });
    office.run(&["drain", "--until-empty"]).with_code(0);
    let calls = office.api.calls("/v2/");
    assert_eq!(with_status(&calls, 429), 0, "of {} calls", calls.len());
    let mut paths: Vec<String> = calls.into_iter().map(|call| call.path).collect();
    paths.sort();
    let mut expected: Vec<String> = ["a", "b"]
        .iter()
        .flat_map(|batch| {
            (0..letters / 2).filter(|n| n % 5 == 2).map(move |n| format!("/v2/422/{batch}-{n}"))
        })
        .collect();
    expected.sort();
    assert_eq!(paths, expected, "each of them once");
    // A killed round may hold some of the rest, for a minute at most.
    let mut left = Vec::new();
    repeat("all of the rest is shown", || {
        left = office.export(&[]);
        left.len() >= rest.len()
    });
    assert_eq!(left, rest, "the rest lies as it lay");
}

/// Does something again until it has led to what it should: as often as fits into a minute where it takes a second or
/// two, however long it takes where there are very many letters.
fn repeat(what: &str, mut work: impl FnMut() -> bool) {
    assert!((0..60).any(|_| work()), "in vain: {what}");
}

/// Two operators at the same letters: each letter is acted on once, and both are told.
pub(crate) fn two_operators_share_the_letters(office: &Office, letters: usize) {
    let meant = letters / FAILURES.len();
    let before = office.api.calls("/v1/404/").len();
    let sending = office.start(&["dlq", "redrive", "troops", "--status", "404", "--json"]);
    let dropping = office.start(&["dlq", "drop", "troops", "--status", "404", "--json"]);
    let (sent, dropped) = (wait(sending).with_code(0).json(), wait(dropping).with_code(0).json());
    let number = |told: &Value, key: &str| usize::try_from(told[key].as_u64().unwrap()).unwrap();
    for told in [&sent, &dropped] {
        assert_eq!(number(told, "chosen"), number(told, "ended") + number(told, "gone"), "{told}");
    }
    let (back, gone) = (number(&sent, "ended"), number(&dropped, "ended"));
    let left = office.list(&["--status", "404"]).len();
    assert_eq!(back + gone + left, meant, "{sent} {dropped}");
    office.run(&["drain", "--until-empty"]);
    assert_eq!(office.api.calls("/v1/404/").len() - before, back, "each that was sent back is called once");
    assert_eq!(office.list(&["--status", "404"]).len(), back + left, "and dies of the same once more");
}
