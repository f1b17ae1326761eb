//! A push cut short goes on where it was, and ends as if it had never been cut.

use std::io::Cursor;
use std::num::NonZeroUsize;
use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch};
use jobq_core::envelope::Envelope;
use jobq_core::policy::chunk::Limits;
use jobq_core::ports::spans::NoSpans;
use jobq_core::settlement::Parcel;
use jobq_core::time::Timestamp;
use jobq_producer::counts::{Counts, Notice};
use jobq_producer::dedupe::{Dedupe, Sameness};
use jobq_producer::draft::Defaults;
use jobq_producer::format::Reading;
use jobq_producer::push::{BadLines, Order, PushError, Pushed, push};
use jobq_producer::source::Source;
use proptest::prelude::{Strategy, prop};
use proptest::{prop_assert_eq, prop_oneof, proptest};

use crate::recording::{Recording, Still, Weather};

pub(crate) fn order(count: usize) -> Order {
    Order {
        batch: NewBatch {
            id: "b".parse().unwrap(),
            queue: "q".parse().unwrap(),
            source: "s".to_owned(),
            created_at: Timestamp::from_secs(1),
        },
        defaults: Defaults::default(),
        bulk_above: None,
        limits: Limits {
            count: NonZeroUsize::new(count).unwrap(),
            bytes: NonZeroUsize::new(1 << 20).unwrap(),
        },
        longest_delay: None,
        tracing: None,
        dedupe: None,
        bad_lines: BadLines::Skip,
    }
}

/// Pushes text and answers how it ended and what was said on the way.
fn pushed(outbox: &Recording, order: &Order, text: &str) -> (Result<Pushed, PushError>, Vec<Notice>) {
    let table = matches!(text.lines().next(), Some("id" | "ident"));
    let reading =
        Reading { url: table.then(|| "https://a.example/{id}".parse().unwrap()), ..Reading::default() };
    let bytes = Box::new(Cursor::new(text.as_bytes().to_vec()));
    let mut source = Source::stream(bytes, reading).unwrap();
    let mut notices = Vec::new();
    let mut notify = |notice| notices.push(notice);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let clock = Still::default();
    let ended = runtime.block_on(sendable(push(outbox, &clock, &NoSpans, order, &mut source, &mut notify)));
    (ended, notices)
}

/// A caller may run a push on any thread.
fn sendable<F: Future + Send>(future: F) -> F {
    future
}

const FIVE: &str = "https://a.example/1\n\nhttps://a.example/2\nbad\nhttps://a.example/3\n# end\n";

#[test]
fn a_push_sends_marks_and_tells() {
    let outbox = Recording::default();
    let (ended, notices) = pushed(&outbox, &order(2), FIVE);
    let (letters, duplicates, to_bulk) = (0, 0, 0);
    let counts =
        Counts { lines: 6, tasks: 3, letters, duplicates, to_bulk, refused: 1, bytes: FIVE.len() as u64 };
    assert_eq!(ended.unwrap(), Pushed { counts, resumed: None });
    assert_eq!(
        outbox.tasks(),
        ["b-1 https://a.example/1", "b-3 https://a.example/2", "b-5 https://a.example/3"]
    );
    let mark = |lines, refused, complete| Mark { lines, refused, complete };
    let marks = outbox.kept.lock().unwrap().marks.clone();
    assert_eq!(marks, [(mark(4, 1, false), 2), (mark(6, 1, true), 3)]);
    let refused = |notice: &&Notice| matches!(notice, Notice::Refused(refused) if refused.line == 4);
    assert_eq!(notices.iter().filter(refused).count(), 1);
    let last = Notice::Progress { counts, bytes_total: None };
    assert_eq!(notices.last(), Some(&last));
}

const ALIKE: &str = "https://a.example/1\nhttps://a.example/2\nhttps://a.example/1\nbad\nhttps://a.example/3\n\
                     https://a.example/2\nhttps://a.example/1\n";

#[test]
fn duplicates_within_a_source_are_counted_and_not_sent() {
    let by = |by| Order { dedupe: Some(Dedupe { by, lasting: None }), ..order(2) };
    let outbox = Recording::default();
    let counts = pushed(&outbox, &by(Sameness::Content), ALIKE).0.unwrap().counts;
    assert_eq!((counts.tasks, counts.duplicates, counts.refused), (3, 3, 1));
    let sent = ["b-1 https://a.example/1", "b-2 https://a.example/2", "b-5 https://a.example/3"];
    assert_eq!(outbox.tasks(), sent);
    // Without ids of their own no two are alike.
    let outbox = Recording::default();
    let counts = pushed(&outbox, &by(Sameness::Id), ALIKE).0.unwrap().counts;
    assert_eq!((counts.tasks, counts.duplicates), (6, 0));
}

/// Whatever their ids are, and if one has the id that another line would have.
#[test]
fn p1_each_line_is_a_task_of_its_own_to_its_batch() {
    let line = |id: &str| format!("{{\"url\":\"https://a.example\"{id}}}\n");
    let lines = [r#","id":"same""#, r#","id":"same""#, r#","id":"b-1""#, ""].map(line).concat();
    let outbox = Recording::default();
    pushed(&outbox, &order(9), &lines).0.unwrap();
    let members: Vec<String> = outbox.kept.lock().unwrap().parcels.iter().map(member).collect();
    assert_eq!(members, ["b-1", "b-2", "b-3", "b-4"]);
    let ids = ["same", "same", "b-1", "b-4"].map(|id| format!("{id} https://a.example"));
    assert_eq!(outbox.tasks(), ids);
}

fn member((parcel, _): &(Parcel, Duration)) -> String {
    Envelope::decode(&parcel.body).unwrap().member().task.to_string()
}

#[test]
fn p1_a_push_that_goes_on_leaves_out_what_was_sent_before_it_was_cut_and_nothing_else() {
    let order = Order { dedupe: Some(Dedupe { by: Sameness::Content, lasting: None }), ..order(1) };
    let outbox = Recording::default();
    outbox.will([Weather::Fine, Weather::Broken]);
    pushed(&outbox, &order, ALIKE).0.unwrap_err();
    assert_eq!(outbox.tasks(), ["b-1 https://a.example/1"]);
    let ended = pushed(&outbox, &order, ALIKE).0.unwrap();
    assert_eq!((ended.counts.tasks, ended.counts.duplicates), (2, 3));
    let sent = ["b-1 https://a.example/1", "b-2 https://a.example/2", "b-5 https://a.example/3"];
    assert_eq!(outbox.tasks(), sent);
}

#[test]
fn a_complete_push_sends_nothing_again_and_a_foreign_one_nothing_at_all() {
    let outbox = Recording::default();
    pushed(&outbox, &order(2), FIVE).0.unwrap();
    let again = pushed(&outbox, &order(2), FIVE).0.unwrap();
    assert!(again.resumed.unwrap().complete);
    assert_eq!((again.counts.tasks, outbox.tasks().len()), (0, 3));

    let mut other = order(2);
    other.batch.source = "other".to_owned();
    let error = pushed(&outbox, &other, FIVE).0.unwrap_err();
    assert!(matches!(error, PushError::Foreign { .. }), "{error}");
    assert_eq!(outbox.tasks().len(), 3);
}

#[test]
fn an_empty_source_makes_a_complete_batch() {
    for empty in ["", "\u{feff}", "\n\n", "id\n"] {
        let outbox = Recording::default();
        assert_eq!(pushed(&outbox, &order(2), empty).0.unwrap().counts.tasks, 0);
        assert!(outbox.kept.lock().unwrap().mark.complete, "{empty:?}");
    }
}

#[test]
fn a_source_without_its_columns_leaves_no_batch() {
    let outbox = Recording::default();
    let error = pushed(&outbox, &order(2), "ident\n1\n").0.unwrap_err();
    assert!(error.to_string().starts_with("there is no column 'id'"), "{error}");
    assert_eq!(outbox.kept.lock().unwrap().source, None);
}

#[test]
fn faults_that_pass_neither_lose_nor_double() {
    let outbox = Recording::default();
    outbox.will([Weather::LostBefore, Weather::Fine, Weather::LostAfter, Weather::LostBefore]);
    assert_eq!(pushed(&outbox, &order(1), FIVE).0.unwrap().counts.tasks, 3);
    assert_eq!(outbox.tasks().len(), 3);
}

#[test]
fn faults_that_stay_are_given_back_after_five_tries() {
    let outbox = Recording::default();
    outbox.will([Weather::LostBefore; 4]);
    pushed(&outbox, &order(9), FIVE).0.unwrap();
    let outbox = Recording::default();
    outbox.will([Weather::LostBefore; 5]);
    assert!(matches!(pushed(&outbox, &order(9), FIVE).0, Err(PushError::Outbox(_))));
    let outbox = Recording::default();
    outbox.will([Weather::Broken]);
    assert!(matches!(pushed(&outbox, &order(9), FIVE).0, Err(PushError::Outbox(_))));
    assert!(outbox.tasks().is_empty());
}

#[test]
fn defaults_hold_where_a_line_says_nothing() {
    let outbox = Recording::default();
    let mut order = order(9);
    order.defaults.delay = Duration::from_secs(5);
    let text = "{\"url\":\"https://a.example/\"}\n{\"url\":\"https://a.example/\",\"delay\":\"1s\"}\n";
    pushed(&outbox, &order, text).0.unwrap();
    let kept = outbox.kept.lock().unwrap();
    let delays: Vec<_> = kept.parcels.iter().map(|(_, delay)| delay.as_secs()).collect();
    assert_eq!(delays, [5, 1]);
}

/// The clock of these tests stands at one second, and a quarter of an hour ends for all at the same instant.
#[test]
fn a_wait_of_any_length_is_sent_as_long_as_can_be() {
    let outbox = Recording::default();
    let bounded = Order { longest_delay: Some(Duration::from_secs(900)), ..order(9) };
    let text = [r#""delay":"15m""#, r#""delay":"40m""#, r#""delay":"3d""#, r#""at":"1970-01-01T00:10:00Z""#]
        .map(|wait| format!("{{\"url\":\"https://a.example/\",{wait}}}\n"))
        .concat();
    pushed(&outbox, &bounded, &text).0.unwrap();
    let kept = outbox.kept.lock().unwrap();
    let due = |parcel: &Parcel| Envelope::decode(&parcel.body).unwrap().due.unwrap();
    let waits: Vec<_> = kept.parcels.iter().map(|(parcel, delay)| (due(parcel), delay.as_secs())).collect();
    let pushed_at = bounded.batch.created_at;
    let after = |seconds| pushed_at.plus(Duration::from_secs(seconds));
    assert_eq!(
        waits,
        [(after(900), 900), (after(2_400), 899), (after(259_200), 899), (Timestamp::from_secs(600), 599)]
    );
}

fn texts() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "https://a\\.example/[a-z]{1,9}\n",
        1 => "(\n|# no\r\n|bad\n|\"two\nlines\"\n|\"open\n|a\"b\n)",
        2 => "[a-z]{1,3}\n",
    ];
    let header = prop_oneof!["", "id\n"];
    (header, prop::collection::vec(line, 0..30)).prop_map(|(header, lines)| header + &lines.concat())
}

proptest! {
    #[test]
    fn resuming_from_any_mark_ends_as_one_go(text in texts(), count in 1_usize..5) {
        let whole = Recording::default();
        pushed(&whole, &order(count), &text).0.unwrap();
        let marks = whole.kept.lock().unwrap().marks.clone();
        for cut in 0..marks.len() {
            let outbox = Recording::default();
            outbox.will(std::iter::repeat_n(Weather::Fine, cut).chain([Weather::Broken]));
            pushed(&outbox, &order(count), &text).0.unwrap_err();
            prop_assert_eq!(outbox.tasks().len(), if cut == 0 { 0 } else { marks[cut - 1].1 });
            pushed(&outbox, &order(count + 1), &text).0.unwrap();
            prop_assert_eq!(outbox.tasks(), whole.tasks());
            prop_assert_eq!(&outbox.kept.lock().unwrap().mark, &marks.last().unwrap().0);
        }
    }
}
