//! Sources: how they are read, and what tells them apart.

use std::io::Cursor;

use jobq_producer::fingerprint::Fingerprint;
use jobq_producer::format::{Format, FormatName, Reading};
use jobq_producer::source::Source;

use crate::told::csv;

#[track_caller]
fn decided(format: &str, url: &str, extension: &str, head: &str) -> String {
    let reading = Reading {
        format: (!format.is_empty()).then(|| format.parse().unwrap()),
        url: (!url.is_empty()).then(|| url.parse().unwrap()),
        id: None,
    };
    match reading.decide(Some(extension), head.as_bytes()) {
        Ok(Format::JsonLines) => "jsonl".to_owned(),
        Ok(Format::Urls) => "urls".to_owned(),
        Ok(Format::Csv { .. }) => "csv".to_owned(),
        Err(error) => error.to_string(),
    }
}

const NO_TEMPLATE: &str = "a csv file needs a url template, like --url 'https://host/path/{column}'";
const NO_COLUMNS: &str =
    "a template fills in the columns of a csv file, and this is not one: leave it out, or say that it is csv";
const LIST: &str = "this is one JSON list, not a task a line: convert it with jq -c '.[]'";

#[test]
fn formats_are_found_by_word_then_name_then_content() {
    for (format, url, extension, head, expected) in [
        ("", "", "jsonl", "https://a.example/", "jsonl"),
        ("", "", "NDJSON", "", "jsonl"),
        ("", "", "txt", "\u{feff}\n  {\"url\"", "jsonl"),
        ("", "", "txt", "https://a.example/", "urls"),
        ("", "", "", "", "urls"),
        ("", "{x}", "csv", "a,b", "csv"),
        ("", "{x}", "txt", "a,b", "csv"),
        ("urls", "", "jsonl", "{", "urls"),
        ("csv", "{x}", "jsonl", "{", "csv"),
        ("", "", "csv", "a,b", NO_TEMPLATE),
        ("csv", "", "txt", "a,b", NO_TEMPLATE),
        ("", "{x}", "jsonl", "{", NO_COLUMNS),
        ("urls", "{x}", "txt", "a", NO_COLUMNS),
        ("", "", "json", "[{", LIST),
    ] {
        assert_eq!(decided(format, url, extension, head), expected, "{extension} {head}");
    }
    assert_eq!(
        "json".parse::<FormatName>().unwrap_err().to_string(),
        "'json' is not a format: did you mean 'jsonl'?"
    );
}

#[test]
fn sources_that_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let error = Source::file(folder.path(), Reading::default()).err().unwrap();
    assert!(error.to_string().ends_with("pipe it into standard input, as '-'"), "{error}");
    let missing = folder.path().join("missing");
    let error = Source::file(&missing, Reading::default()).err().unwrap();
    assert_eq!(error.to_string(), format!("read {}", missing.display()));
    let mut stream = Source::stream(Box::new(Cursor::new("")), Reading::default()).unwrap();
    stream.tasks().unwrap();
    assert!(stream.tasks().is_err());
}

#[test]
fn fingerprints_tell_content_and_reading_apart() {
    let of = |bytes: &[u8], format: &Format| Fingerprint::of(&mut &*bytes, format).unwrap();
    let all = [
        of(b"a", &Format::Urls),
        of(b"b", &Format::Urls),
        of(b"a", &Format::JsonLines),
        of(b"a", &csv("{x}")),
        of(b"a", &csv("{y}")),
        Fingerprint::of_stream("", &Format::Urls),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(!all[..at].contains(one), "{at}");
    }
    assert_eq!(all[0], of(b"a", &Format::Urls));
}

#[test]
fn batches_are_named_after_their_source() {
    let print = Fingerprint::of(&mut &b"a"[..], &Format::Urls).unwrap();
    let digits = print.to_string()[..8].to_owned();
    for (stem, name) in [("troops", "troops"), ("my tröops", "my-tr-ops"), ("..", "push"), ("", "push")] {
        assert_eq!(print.batch(stem).unwrap().as_str(), format!("{name}-{digits}"));
    }
    assert!(print.batch(&"x".repeat(300)).unwrap().as_str().len() < 60);
    let again = print.batch_again("troops", "2").unwrap();
    assert_eq!(again.as_str(), format!("troops-{digits}-2"));
}
