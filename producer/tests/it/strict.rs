//! The pass that only looks: strict pushes, dry runs, and the hosts of a file.

use jobq_core::ports::spans::NoSpans;
use std::io::{Cursor, Write};

use jobq_producer::counts::Notice;
use jobq_producer::format::Reading;
use jobq_producer::push::{BadLines, Order, PushError, push};
use jobq_producer::source::Source;
use jobq_producer::survey::survey;

use crate::recording::{Recording, Still};
use crate::resume::order;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn strict() -> Order {
    Order { bad_lines: BadLines::Stop, ..order(2) }
}

fn pushed(source: &mut Source) -> (Result<u64, PushError>, Recording, Vec<u64>) {
    let outbox = Recording::default();
    let mut refused = Vec::new();
    let mut notify = |notice| {
        if let Notice::Refused(line) = notice {
            refused.push(line.line);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = runtime.block_on(push(&outbox, &Still::default(), &NoSpans, &strict(), source, &mut notify));
    (ended.map(|pushed| pushed.counts.tasks), outbox, refused)
}

#[test]
fn strict_tells_all_bad_lines_and_sends_nothing() {
    let file = file("bad\nhttps://a.example/1\nworse\n");
    let mut source = Source::file(file.path(), Reading::default()).unwrap();
    let (ended, outbox, refused) = pushed(&mut source);
    assert!(matches!(ended, Err(PushError::Refused { refused: 2 })));
    assert_eq!(refused, [1, 3]);
    assert_eq!(outbox.kept.lock().unwrap().source, None);
}

#[test]
fn strict_sends_a_good_file_and_no_stream() {
    let text = "https://a.example/1\nhttps://a.example/2\n";
    let file = file(text);
    let (ended, ..) = pushed(&mut Source::file(file.path(), Reading::default()).unwrap());
    assert_eq!(ended.unwrap(), 2);
    let stream = Box::new(Cursor::new(text));
    let (ended, ..) = pushed(&mut Source::stream(stream, Reading::default()).unwrap());
    assert!(matches!(ended, Err(PushError::StrictStream)));
}

#[test]
fn a_survey_finds_hosts_and_shows_the_first_tasks() {
    let lines = (0..20)
        .map(|n| format!("HTTPS://{}.example/{n}\n", ["A", "b", "c:8443"][n % 3].replace("c:8443", "c")));
    let text = lines.collect::<String>() + "http://[::1]/\nhttp://a.example:81/\nbad\n";
    let file = file(&text);
    let mut source = Source::file(file.path(), Reading::default()).unwrap();
    let survey = survey(&order(2), &mut source, &mut |_| {}).unwrap();
    let endpoints: Vec<_> = survey.endpoints.iter().map(ToString::to_string).collect();
    assert_eq!(endpoints, ["[::1]:80", "a.example:81", "a.example:443", "b.example:443", "c.example:443"]);
    let first: Vec<_> = survey.first.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(first, ["b-1", "b-2", "b-3", "b-4", "b-5"]);
    assert_eq!((survey.counts.tasks, survey.counts.refused), (22, 1));
    assert_eq!(survey.counts.bytes, text.len() as u64);
}

#[test]
fn a_survey_refuses_what_no_queue_takes() {
    // As an envelope, each quote takes two bytes more than in the file.
    let body = format!("{{\"url\":\"https://a.example/\",\"body\":[{}0]}}\n", "\"\",".repeat(200_000));
    let file = file(&body);
    let mut source = Source::file(file.path(), Reading::default()).unwrap();
    let mut told = Vec::new();
    survey(&order(2), &mut source, &mut |notice| told.push(notice)).unwrap();
    let [Notice::Refused(refused)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        refused.to_string(),
        "line 1: the task makes a message of 1000142 bytes, 983040 are allowed (put the body elsewhere and send where it is)"
    );
}
