//! The contract of `ResultSink`: every record is there, whole.

use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use serde_json::Value;

use self::subject::{Results, record, records, tasks};

pub mod subject;

/// How many append at once in `competing_appends_lose_nothing`, how often each, and how many records.
const WRITERS: usize = 8;
const APPENDS: usize = 5;
const RECORDS: usize = 3;

/// What was appended is there as it was, in order.
pub async fn appended_records_are_there<R: Results>(results: R) {
    let large = "x".repeat(3 << 20);
    let bodies: [&[u8]; 5] = [b"{\"a\":[1,2]}", b"two\nlines", b"\xff\x00", b"", large.as_bytes()];
    let appended: Vec<Record> =
        bodies.iter().enumerate().map(|(at, body)| record(&format!("t{at}"), body)).collect();
    results.open().append(&appended).await.unwrap();
    let found = records(&results).await;
    let shown: Vec<(&Value, &Value)> =
        found.iter().map(|record| (&record["body_encoding"], &record["body"])).collect();
    let expected = [
        ("json", serde_json::json!({ "a": [1, 2] })),
        ("text", "two\nlines".into()),
        ("base64", "/wA=".into()),
        ("text", "".into()),
        ("text", large.into()),
    ];
    assert_eq!(shown.len(), expected.len());
    for (at, ((encoding, body), (expected_encoding, expected))) in shown.iter().zip(&expected).enumerate() {
        assert!(*encoding == expected_encoding && *body == expected, "record {at}");
        assert_eq!(found[at]["task"], format!("t{at}"));
    }
    assert_eq!(found[0]["headers"]["etag"], "\"x\"");
}

/// Nothing appended is nothing there.
pub async fn no_records_are_no_lines<R: Results>(results: R) {
    results.open().append(&[]).await.unwrap();
    assert_eq!(tasks(&results).await, Vec::<String>::new());
}

/// Later appends, by another process too, leave the earlier ones as they are.
pub async fn appends_add_to_what_is_there<R: Results>(results: R) {
    for (run, task) in ["one", "two", "three"].iter().enumerate() {
        results.open().append(&[record(task, b"{}")]).await.unwrap();
        assert_eq!(tasks(&results).await.len(), run + 1);
    }
    let mut found = tasks(&results).await;
    found.sort();
    assert_eq!(found, ["one", "three", "two"]);
}

/// A repeat may write a record twice, never half.
pub async fn a_repeat_is_whole<R: Results>(results: R) {
    let sink = results.open();
    for _ in 0..2 {
        sink.append(&[record("one", b"{}"), record("two", b"[\n]")]).await.unwrap();
    }
    let found = tasks(&results).await;
    assert!(["one", "two"].iter().all(|task| found.iter().any(|found| found == task)), "{found:?}");
}

/// Many at once, each by its own handle and each several times, lose and double nothing.
pub async fn competing_appends_lose_nothing<R: Results>(results: R) {
    let sinks: Vec<R::Sink> = (0..WRITERS).map(|_| results.open()).collect();
    let appends = sinks.iter().enumerate().flat_map(|(writer, sink)| {
        (0..APPENDS).map(move |append| async move {
            let task = |number| format!("t-{writer}-{append}-{number}");
            let records: Vec<Record> = (0..RECORDS).map(|number| record(&task(number), b"{}")).collect();
            sink.append(&records).await.unwrap();
        })
    });
    futures::future::join_all(appends).await;
    let mut found = tasks(&results).await;
    assert_eq!(found.len(), WRITERS * APPENDS * RECORDS);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), WRITERS * APPENDS * RECORDS);
}
