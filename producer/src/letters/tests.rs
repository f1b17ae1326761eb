//! What a line keeps, what a filter lets through, and what files and the answers of programs make of a task.

use std::time::Duration;

use futures::FutureExt;
use jobq_core::attempt::Attempt;
use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::death::Reason;
use jobq_core::envelope::Envelope;
use jobq_core::fault::Fault;
use jobq_core::jq::{Failed, Job, Made};
use jobq_core::letter::{Letter, LetterId};
use jobq_core::name::QueueName;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::morgue::Found;
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_core::time::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::change;
use super::filter::Filter;
use super::groups::Groups;
use super::line::Line;
use super::order::{Act, Judged, Order};
use super::picked::{Picked, PickedError};
use crate::json_line;

const NOW: Timestamp = Timestamp::EPOCH;

fn queue() -> QueueName {
    "troops".parse().unwrap()
}

fn request(body: Option<&str>) -> Request {
    let headers = vec![
        ("x-b".to_owned(), "1".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("authorization".to_owned(), "Bearer ${secret:token}".to_owned()),
    ];
    let url = "https://api.example.com/v1/x".to_owned();
    Request { method: Method::Post, url, headers, body: body.map(ToOwned::to_owned) }
}

fn envelope(id: &str, request: Request) -> Envelope {
    let task = Task { id: id.parse().unwrap(), request, priority: Priority::High, delay: Duration::ZERO };
    let mut envelope = Envelope::new(task, "b".parse().unwrap(), Timestamp::from_secs(1));
    envelope.remember(Attempt {
        started_at: Timestamp::from_secs(2),
        latency_ms: 30,
        status: Some(422),
        error: None,
        spent: true,
    });
    envelope
}

fn dead(envelope: Envelope) -> Found {
    let letter = DeadLetter {
        reason: Reason::Rejected,
        detail: "the API answered 422".to_owned(),
        died_at: Timestamp::from_secs(5),
        excerpt: None,
        remains: Remains::Envelope(Box::new(envelope)),
    };
    found("17", letter.encode())
}

fn found(id: &str, body: impl Into<Vec<u8>>) -> Found {
    Found { id: LetterId(id.to_owned()), body: body.into(), arrived: None }
}

fn line(found: &Found) -> String {
    Line::new(&queue(), found, &Letter::read(&found.body)).to_json()
}

/// Runs nothing: programs are tested where something may run them.
struct NoPrograms;

impl Jq for NoPrograms {
    async fn run(&self, _job: &Job) -> Result<Result<Made, Failed>, Fault> {
        panic!("a program is run")
    }
}

/// What an order that sends back as this file says makes of a letter: the line it goes back as.
fn sent_back(found: &Found, file: &str) -> String {
    let picked = Some(Picked::read(file.as_bytes(), &queue()).unwrap());
    let order = Order { queue: queue(), filter: Filter::default(), picked, act: Act::SendBack(None) };
    match order.judge(&NoPrograms, found, NOW).now_or_never().unwrap().unwrap() {
        Judged::Other => "not meant".to_owned(),
        Judged::NoTask => "no task".to_owned(),
        Judged::Refused(problem) => problem.to_string(),
        Judged::Drops => "dropped".to_owned(),
        Judged::GoesBack(envelope) => {
            assert_eq!((envelope.spent, envelope.attempts.len(), envelope.deaths.len()), (0, 1, 1));
            let Request { method, url, body, .. } = envelope.request;
            format!("{} {} {url} {}", envelope.id, method.as_str(), body.unwrap_or_default())
        }
    }
}

#[test]
fn a_line_is_a_task_file_with_a_story() {
    let text = line(&dead(envelope("t-1", request(Some(r#"{"a": 1.0}"#)))));
    let task = r#"{"id":"t-1","method":"POST","url":"https://api.example.com/v1/x","headers":{"x-b":"1","content-type":"application/json","authorization":"Bearer ${secret:token}"},"body":{"a": 1.0},"priority":"high","dead":{"queue":"troops","letter":"17","#;
    assert!(text.starts_with(task), "{text}");
    let foreign = line(&found("9", "hello"));
    assert!(foreign.starts_with(r#"{"dead":{"queue":"troops","letter":"9","batch":null,"reason":"foreign""#));
    assert!(foreign.contains(r#""text":"hello""#));
}

#[test]
fn what_is_pushed_keeps_its_history() {
    let before = envelope("t-1", request(None));
    let draft = json_line::parse(&line(&dead(before.clone()))).unwrap();
    let packer = crate::pack::Packer {
        batch: "again".parse().unwrap(),
        defaults: crate::draft::Defaults::default(),
        pushed_at: Timestamp::from_secs(9),
        largest: jobq_core::settlement::LARGEST_ENVELOPE,
        longest_delay: None,
        tracing: None,
        sameness: None,
    };
    let parcel = packer.pack(draft, 1).unwrap().parcel;
    let after = Envelope::decode(&parcel.body).unwrap();
    assert_eq!((&after.id, &after.attempts, after.calls), (&before.id, &before.attempts, before.calls));
    assert_eq!((after.spent, after.batch.as_str()), (0, "again"));
    let death = after.deaths.last().unwrap();
    assert_eq!((death.reason, death.died_at), (Some(Reason::Rejected), Timestamp::from_secs(5)));
    assert_eq!(death.sent_back_at, Timestamp::from_secs(9));
}

#[test]
fn what_a_program_makes_is_read_as_a_task() {
    // Not as any writer of JSON would have it: what isn't touched must go out as it came.
    let body = r#"{"n": 1.0,  "z": "\u00e9"}"#;
    let own = r#"{"n":1.0,"z":"é"}"#;
    let before = envelope("t-1", request(Some(body)));
    let made = |after: &[&str]| {
        let after = after.iter().map(|text| (*text).to_owned()).collect();
        Ok(vec![after, vec![own.to_owned()]])
    };
    let body_of = |after: &str| {
        let draft = change::edited(made(&[after]), &before).unwrap().unwrap();
        draft.request.body.unwrap_or_default()
    };
    assert_eq!(body_of(&format!(r#"{{"url":"https://a.example/","body":{own}}}"#)), body);
    assert_eq!(body_of(r#"{"url":"https://a.example/","body":{"n":2.0}}"#), r#"{"n":2.0}"#);
    assert_eq!(body_of(r#"{"url":"https://a.example/"}"#), "");
    assert!(change::edited(made(&[]), &before).unwrap().is_none());
    let refused =
        |made: Result<Made, Failed>| change::edited(made, &before).map(|_| "taken").unwrap_err().to_string();
    assert_eq!(refused(made(&[r#"{"url":7}"#])), "url is a number, not text (write it in quotes)");
    assert_eq!(
        refused(Err(Failed::TooMany)),
        "the program makes several tasks of one (let it end in one object)"
    );
    assert_eq!(refused(Err(Failed::Input("no JSON".into()))), "the program failed: no JSON");
}

#[test]
fn files_pick_letters_and_say_what_they_become() {
    let letter = dead(envelope("t-1", request(None)));
    let own = line(&letter);
    assert_eq!(sent_back(&letter, &own), "t-1 POST https://api.example.com/v1/x ");
    let edited = own.replace("/v1/", "/v3/");
    assert_eq!(sent_back(&letter, &edited), "t-1 POST https://api.example.com/v3/x ");
    let without_url = own.replace(r#""url":"https://api.example.com/v1/x","#, "");
    assert!(Picked::read(without_url.as_bytes(), &queue()).is_err(), "it would go back as it was");
    let other = own.replace(r#""letter":"17""#, r#""letter":"18""#);
    assert_eq!(sent_back(&letter, &other), "not meant");
    assert_eq!(sent_back(&found("9", "hello"), &line(&found("9", "hello"))), "no task");
}

#[test]
fn a_file_that_is_half_right_picks_nothing() {
    let own = line(&dead(envelope("t-1", request(None))));
    let file = [
        own.as_str(),
        "",
        r#"{"url":"https://a.example/"}"#,
        &own.replace("https://", "ftp://").replace(r#""17""#, r#""18""#),
        &own.replace("\"troops\"", "\"groups\""),
        &own,
        "{",
    ];
    let Err(PickedError::Lines(lines)) = Picked::read(file.join("\n").as_bytes(), &queue()) else {
        panic!("it was taken");
    };
    let told: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let said = [
        "line 3: it names no dead letter",
        "line 4: the url's scheme is ftp",
        "line 5: its letter lies in queue 'groups', not in 'troops'",
        "line 6: the letter was picked before",
        "line 7: broken JSON",
    ];
    assert_eq!(told.len(), said.len(), "{told:#?}");
    for (told, said) in told.iter().zip(said) {
        assert!(told.starts_with(&said[..7]), "{told}");
    }
    assert!(told[0].starts_with(said[0]) && told[2].starts_with(said[2]) && told[3].starts_with(said[3]));
}

#[test]
fn a_filter_is_all_of_its_flags_and_any_word_of_each() {
    let letter = dead(envelope("t-1", request(None)));
    let foreign = found("9", "hello");
    let (yes, no) = (true, false);
    let check = |filter: Filter, expected: (bool, bool)| {
        let matches = |found: &Found| filter.matches(&queue(), found, &Letter::read(&found.body));
        assert_eq!((matches(&letter), matches(&foreign)), expected, "{filter:?}");
    };
    let all = Filter::default;
    assert!(all().is_everything());
    check(all(), (yes, yes));
    check(Filter { ids: vec!["t-1".into()], ..all() }, (yes, no));
    check(Filter { ids: vec!["9".into(), "17".into()], ..all() }, (yes, yes));
    check(Filter { reasons: vec!["rejected".parse().unwrap()], ..all() }, (yes, no));
    check(Filter { reasons: vec!["foreign".parse().unwrap()], ..all() }, (no, yes));
    check(Filter { statuses: vec!["4xx".parse().unwrap()], ..all() }, (yes, no));
    check(Filter { statuses: vec!["none".parse().unwrap(), "422".parse().unwrap()], ..all() }, (yes, yes));
    check(Filter { statuses: vec!["404".parse().unwrap()], ..all() }, (no, no));
    check(Filter { hosts: vec!["*.example.com".parse().unwrap()], ..all() }, (yes, no));
    check(Filter { hosts: vec!["api.example.com:80".parse().unwrap()], ..all() }, (no, no));
    check(Filter { batches: vec!["b".parse().unwrap()], ..all() }, (yes, no));
    check(Filter { since: Some(Timestamp::from_secs(5)), ..all() }, (yes, no));
    check(Filter { until: Some(Timestamp::from_secs(5)), ..all() }, (no, no));
    check(Filter { until: Some(Timestamp::from_secs(6)), ..all() }, (yes, no));
    check(Filter { grep: Some(regex::Regex::new("hel+o|/v1/x").unwrap()), ..all() }, (yes, yes));
    let both =
        Filter { statuses: vec!["422".parse().unwrap()], batches: vec!["c".parse().unwrap()], ..all() };
    assert!(!both.is_everything());
    check(both, (no, no));
    for bad in ["", "42", "600", "6xx", "0xx", "xx", "+22", "any"] {
        assert!(bad.parse::<super::filter::StatusPattern>().is_err(), "{bad}");
    }
}

#[test]
fn groups_count_what_died_alike() {
    let mut groups = Groups::default();
    for found in
        [dead(envelope("t-1", request(None))), found("9", "hello"), dead(envelope("t-2", request(None)))]
    {
        groups.add(&found, &Letter::read(&found.body));
    }
    let groups = groups.by_size();
    let told: Vec<_> =
        groups.iter().map(|group| (group.kind.as_str(), group.count, group.example.as_str())).collect();
    assert_eq!(told, [("rejected", 2, "t-1"), ("foreign", 1, "9")]);
    assert_eq!(groups[0].host.as_deref(), Some("api.example.com:443"));
}

/// Brackets alone would overflow the stack of whoever goes down with them: 100,000 of them are more than any stack has.
#[test]
fn what_nests_too_deep_is_refused_and_overflows_nothing() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let told = |line: &str| json_line::parse(line).map(drop).map_err(|problem| problem.to_string());
    let with_body = |body: &str| format!(r#"{{"url": "https://a.example/", "body": {body}}}"#);
    assert_eq!(told(&with_body(&nested(99))), Ok(()));
    assert_eq!(told(&with_body(&format!("\"{}\"", nested(100_000)))), Ok(()), "text is no JSON");
    let deep = nested(100_000);
    let lines = [
        with_body(&nested(100)),
        with_body(&deep),
        format!(r#"{{"url": "https://a.example/", "dead": {deep}}}"#),
        format!("{{\"url\": {}", "{\"a\":".repeat(100_000)),
    ];
    for line in lines {
        let told = told(&line).unwrap_err();
        assert!(
            told.starts_with("the JSON nests deeper than 100 levels (write such a body as text"),
            "{told}"
        );
    }
    let Err(PickedError::Lines(refused)) = Picked::read(with_body(&deep).as_bytes(), &queue()) else {
        panic!("it was taken");
    };
    assert!(refused[0].reason.contains("deeper than 100"), "{refused:?}");
    // It came as text that says it is JSON, and is told and sent back as text.
    let letter = dead(envelope("t-1", request(Some(&deep))));
    let text = line(&letter);
    let back = json_line::parse(&text).unwrap();
    assert_eq!(back.request.body.as_deref(), Some(deep.as_str()));
    assert!(matches!(Letter::read(deep.as_bytes()), Letter::Foreign(_)));
    assert!(matches!(Letter::read(format!(r#"{{"v":1,"else":{deep}}}"#).as_bytes()), Letter::Foreign(_)));
}

fn any_body() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        Just(Some("{\"a\":\n1}".to_owned())),
        prop::sample::select(vec![
            "null",
            "\"text\"",
            "[1, 2e400]",
            "{\"a\": {}}",
            "1.50",
            "{broken",
            " {}",
            ""
        ])
        .prop_map(|body| Some(body.to_owned())),
    ]
}

proptest! {
    /// Exported and taken back, unedited, a task is what it was.
    #[test]
    fn what_is_not_edited_is_not_changed(body in any_body(), kind in prop::sample::select(vec!["application/json", "text/plain"])) {
        let mut before = request(None);
        before.body = body;
        kind.clone_into(&mut before.headers[1].1);
        let letter = dead(envelope("t-1", before.clone()));
        let text = line(&letter);
        prop_assert!(!text.contains('\n'), "{}", text);
        let draft = json_line::parse(&text).unwrap();
        prop_assert_eq!(&draft.request, &before);
    }
}
