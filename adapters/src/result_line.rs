//! A record as one line of JSON, wherever results go.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jobq_core::attempt::Attempt;
use jobq_core::record::Record;
use serde::Serialize;
use serde_json::value::RawValue;

/// What a reader of results sees. Names and order are a contract: only add at the end.
#[derive(Serialize)]
struct Line<'a> {
    task: &'a str,
    queue: &'a str,
    batch: &'a str,
    url: &'a str,
    method: &'a str,
    status: u16,
    attempt: u32,
    started_at: String,
    latency_ms: f64,
    headers: BTreeMap<&'a str, Cow<'a, str>>,
    body_encoding: &'static str,
    body: Body<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<Earlier<'a>>,
}

/// An attempt before the one that settled the task.
#[derive(Serialize)]
struct Earlier<'a> {
    at: String,
    ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// The body. Which one it is stands beside it: text may look like base64.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Json(Cow<'a, RawValue>),
    Text(&'a str),
    Base64(String),
}

/// About how long the line of a record will be.
pub(crate) fn likely_length(record: &Record) -> usize {
    400 + record.url.len() + record.body.len() + 80 * record.earlier.len()
}

/// Appends the line of a record, line break included.
pub(crate) fn write(record: &Record, out: &mut Vec<u8>) {
    let body = Body::of(&record.body);
    let line = Line {
        task: record.task.as_str(),
        queue: record.queue.as_str(),
        batch: record.batch.as_str(),
        url: &record.url,
        method: record.method.as_str(),
        status: record.status,
        attempt: record.attempt,
        started_at: record.started_at.to_string(),
        latency_ms: (record.latency.as_secs_f64() * 1e6).round() / 1e3,
        headers: combined(&record.headers),
        body_encoding: body.encoding(),
        body,
        attempts: record.earlier.iter().map(Earlier::of).collect(),
    };
    #[allow(clippy::expect_used, reason = "a vector takes every byte, and the line's keys are text")]
    serde_json::to_writer(&mut *out, &line).expect("a line can be written to memory");
    out.push(b'\n');
}

impl<'a> Earlier<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        Self {
            at: attempt.started_at.to_string(),
            ms: attempt.latency_ms,
            status: attempt.status,
            error: attempt.error.as_deref(),
        }
    }
}

impl<'a> Body<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        if let Ok(json) = serde_json::from_slice::<&RawValue>(bytes) {
            return Self::Json(on_one_line(json));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(_) => Self::Base64(BASE64_STANDARD.encode(bytes)),
        }
    }

    fn encoding(&self) -> &'static str {
        match self {
            Self::Json(_) => "json",
            Self::Text(_) => "text",
            Self::Base64(_) => "base64",
        }
    }
}

/// The same JSON without line breaks and indentation, if it has any; digits and order stay as they came.
fn on_one_line(json: &RawValue) -> Cow<'_, RawValue> {
    let text = json.get();
    if !text.contains(['\n', '\r']) {
        return Cow::Borrowed(json);
    }
    let (mut within_text, mut escaped) = (false, false);
    let compact: String = text
        .chars()
        .filter(|c| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = within_text,
                '"' => within_text = !within_text,
                _ => {}
            }
            within_text || !c.is_ascii_whitespace()
        })
        .collect();
    // White space between JSON's tokens means nothing, so this can't fail; if it did, the text would be kept.
    RawValue::from_string(compact).map_or(Cow::Borrowed(json), Cow::Owned)
}

/// Headers by name; several of one name as one list (RFC 9110, 5.3).
fn combined(headers: &[(String, String)]) -> BTreeMap<&str, Cow<'_, str>> {
    let mut combined: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
    for (name, value) in headers {
        combined
            .entry(name)
            .and_modify(|values| *values = format!("{values}, {value}").into())
            .or_insert_with(|| value.into());
    }
    combined
}

#[cfg(test)]
mod tests {
    //! Records as they read in a file.

    use std::time::Duration;

    use jobq_core::task::Method;
    use jobq_core::time::Timestamp;

    use super::*;

    fn record(body: &[u8]) -> Record {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Record {
            task: "t1".parse().unwrap(),
            queue: "troops".parse().unwrap(),
            batch: "b1".parse().unwrap(),
            url: "https://api.example/\"1\"".into(),
            method: Method::Post,
            status: 201,
            attempt: 2,
            started_at: Timestamp::from_micros(1_795_269_787_000_123),
            latency: Duration::from_nanos(12_345_678),
            headers: vec![header("etag", "x"), header("a", "1"), header("a", "2")],
            body: body.to_vec(),
            earlier: Vec::new(),
        }
    }

    fn line(body: &[u8]) -> String {
        let mut out = Vec::new();
        write(&record(body), &mut out);
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line.find('\n'), Some(line.len() - 1), "{line}");
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
        line
    }

    fn body(body: &[u8]) -> String {
        let line = line(body);
        line[line.find("\"body_encoding\"").unwrap()..].trim_end().to_owned()
    }

    #[test]
    fn a_line_has_all_a_record_holds() {
        let expected = concat!(
            r#"{"task":"t1","queue":"troops","batch":"b1","url":"https://api.example/\"1\"","#,
            r#""method":"POST","status":201,"attempt":2,"started_at":"2026-11-21T14:03:07.000123Z","#,
            r#""latency_ms":12.346,"headers":{"a":"1, 2","etag":"x"},"body_encoding":"json","body":[1]}"#,
            "\n"
        );
        assert_eq!(line(b"[1]"), expected);
    }

    #[test]
    fn a_line_ends_with_the_attempts_before_it_if_there_were_any() {
        let attempt = |micros, status, error: Option<&str>| Attempt {
            started_at: Timestamp::from_micros(1_795_269_786_000_000_u64 + micros),
            latency_ms: 7,
            status,
            error: error.map(str::to_owned),
            spent: true,
        };
        let earlier = vec![attempt(1, Some(429), None), attempt(2, None, Some("no answer within 30s"))];
        let mut out = Vec::new();
        write(&Record { earlier, ..record(b"[1]") }, &mut out);
        let expected = concat!(
            r#""body":[1],"attempts":[{"at":"2026-11-21T14:03:06.000001Z","ms":7,"status":429},"#,
            r#"{"at":"2026-11-21T14:03:06.000002Z","ms":7,"error":"no answer within 30s"}]}"#,
            "\n"
        );
        let line = String::from_utf8(out).unwrap();
        assert!(line.ends_with(expected), "{line}");
    }

    #[test]
    fn bodies_of_each_kind_say_which_they_are() {
        let table: [(&[u8], &str); 10] = [
            (b"{\"a\": 1.00}", r#""body_encoding":"json","body":{"a": 1.00}}"#),
            (b" 12345678901234567890123 ", r#""body_encoding":"json","body":12345678901234567890123}"#),
            (b"{\r\n  \"a b\": [1,\n2]\n}\n", r#""body_encoding":"json","body":{"a b":[1,2]}}"#),
            (b"[\"x \\\" y\\\\\",\n\" z\"]", r#""body_encoding":"json","body":["x \" y\\"," z"]}"#),
            (b"\"aGk=\"", r#""body_encoding":"json","body":"aGk="}"#),
            (b"hello\nworld", r#""body_encoding":"text","body":"hello\nworld"}"#),
            (b"{\"a\": 1", r#""body_encoding":"text","body":"{\"a\": 1"}"#),
            (b"1 2", r#""body_encoding":"text","body":"1 2"}"#),
            (b"", r#""body_encoding":"text","body":""}"#),
            (b"\xff\x00", r#""body_encoding":"base64","body":"/wA="}"#),
        ];
        for (bytes, expected) in table {
            assert_eq!(body(bytes), expected);
        }
    }
}
