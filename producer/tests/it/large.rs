//! Large pushes: whose tasks go to bulk by themselves.

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::num::NonZeroU32;

use jobq_core::ports::spans::NoSpans;
use jobq_core::task::Priority;
use jobq_producer::format::Reading;
use jobq_producer::push::{Order, push};
use jobq_producer::source::Source;
use jobq_producer::survey::survey;

use crate::recording::{Recording, Still, Weather};
use crate::resume::order;

/// So many tasks, of which the third says a priority.
fn text(count: usize) -> String {
    let mut text = String::new();
    for number in 1..=count {
        let own = if number == 3 { r#","priority":"high""# } else { "" };
        writeln!(text, r#"{{"url":"https://a.example/{number}"{own}}}"#).unwrap();
    }
    text
}

fn file(count: usize) -> (tempfile::NamedTempFile, Source) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text(count).as_bytes()).unwrap();
    let source = Source::file(file.path(), Reading::default()).unwrap();
    (file, source)
}

fn above(most: u32) -> Order {
    Order { bulk_above: NonZeroU32::new(most), ..order(2) }
}

/// Pushes, as far as it goes; answers the first letters of the priorities sent, and how many went to bulk.
fn pushed(outbox: &Recording, order: &Order, source: &mut Source) -> (String, Option<u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = runtime.block_on(push(outbox, &Still::default(), &NoSpans, order, source, &mut |_| {}));
    let kept = outbox.kept.lock().unwrap();
    let letter = |priority| match priority {
        Priority::High => 'h',
        Priority::Normal => 'n',
        Priority::Bulk => 'b',
    };
    let sent = kept.parcels.iter().map(|(parcel, _)| letter(parcel.priority)).collect();
    (sent, ended.ok().map(|pushed| pushed.counts.to_bulk))
}

#[test]
fn a_large_file_is_bulk_but_for_what_its_lines_say() {
    let bulk = |count, most| pushed(&Recording::default(), &above(most), &mut file(count).1);
    assert_eq!(bulk(5, 5), ("nnhnn".to_owned(), Some(0)));
    assert_eq!(bulk(6, 5), ("bbhbbb".to_owned(), Some(5)));
    assert_eq!(pushed(&Recording::default(), &order(2), &mut file(6).1).0, "nnhnnn");
}

#[test]
fn a_stream_is_bulk_after_its_first_tasks() {
    let stream = Box::new(Cursor::new(text(7)));
    let mut source = Source::stream(stream, Reading::default()).unwrap();
    assert_eq!(pushed(&Recording::default(), &above(4), &mut source), ("nnhnbbb".to_owned(), Some(3)));
}

#[test]
fn a_push_that_goes_on_decides_as_before() {
    let outbox = Recording::default();
    outbox.will([Weather::Fine, Weather::Fine, Weather::Broken]);
    let (_file, mut source) = file(7);
    assert_eq!(pushed(&outbox, &above(5), &mut source), ("bbhb".to_owned(), None));
    assert_eq!(pushed(&outbox, &above(5), &mut source), ("bbhbbbb".to_owned(), Some(3)));
}

#[test]
fn a_survey_says_what_a_push_would_do() {
    let counts = survey(&above(5), &mut file(7).1, &mut |_| {}).unwrap().counts;
    assert_eq!((counts.tasks, counts.to_bulk), (7, 6));
}
