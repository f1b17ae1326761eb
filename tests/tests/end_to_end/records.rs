//! What the results hold: item 6 of the issue, field by field.

use crate::what_there_is_to_see::keys;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::run;
use jobq_tests::world::nginx::Nginx;

/// A csv of kinds, a url template, answers of each kind.
#[test]
fn a_record_holds_what_was_asked_and_what_was_answered() {
    let api = Nginx::open(
        r#"location /json { default_type application/json; return 200 '{"a":  1.50}'; }
           location /text { default_type text/plain; return 200 "gr\u00fcn"; }
           location /none { return 204; }"#,
    );
    let folder = Folder::new();
    folder.file("kinds.csv", "kind\njson\ntext\nnone\n");
    let template = api.url("/{kind}?x={kind}");
    let args = ["run", "kinds.csv", "--url", &template, "--rate", "50/s", "--allow-private", "--json"];
    let report = run(folder.path(), args).with_code(0).json();
    let records = folder.records("kinds.results.jsonl");
    assert_eq!(records.len(), 3);
    let of =
        |kind: &str| records.iter().find(|record| record["url"].as_str().unwrap().ends_with(kind)).unwrap();

    let json = of("json");
    let batch = report["batch"].as_str().unwrap();
    assert_eq!(
        keys(json),
        [
            "attempt",
            "batch",
            "body",
            "body_encoding",
            "headers",
            "latency_ms",
            "method",
            "queue",
            "started_at",
            "status",
            "task",
            "url"
        ]
    );
    assert_eq!(json["task"], format!("{batch}-2"), "a task is named after its batch and line");
    assert_eq!((&json["batch"], &json["queue"]), (&report["batch"], &report["queue"]));
    assert_eq!(json["url"], api.url("/json?x=json"));
    assert_eq!((&json["method"], &json["status"], &json["attempt"]), (&"GET".into(), &200.into(), &1.into()));
    assert_eq!(json["headers"], serde_json::json!({"content-type": "application/json"}));
    assert_eq!(json["body"], serde_json::json!({"a": 1.5}));
    let started = json["started_at"].as_str().unwrap();
    assert_eq!(
        (started.len(), &started[19..20], &started[26..]),
        (27, ".", "Z"),
        "not in microseconds: {started}"
    );
    assert!(json["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!((&json["body_encoding"], &of("text")["body_encoding"]), (&"json".into(), &"text".into()));
    assert_eq!(of("none")["status"], 204);
    assert!(folder.read("kinds.results.jsonl").contains(r#""body":{"a":  1.50}"#), "JSON is kept as it came");
}
