//! What children keep of their parents, and what they are refused for.

use super::*;
use crate::growth::{Page, Then, Turn};
use crate::task::{Method, Priority, Request, Task};

fn program(key: &str) -> Program {
    Program { code: ".".to_owned(), key: key.to_owned(), line: 1 }
}

fn parent() -> Envelope {
    let headers =
        vec![("authorization".to_owned(), "Bearer ${secret:t}".to_owned()), ("x".into(), "y".into())];
    let url = "https://a.example/x?page=3&k=${secret:t}".to_owned();
    let request = Request { method: Method::Get, url, headers, body: None };
    let id = "b-1".parse().unwrap();
    let task = Task { id, request, priority: Priority::High, delay: Duration::ZERO };
    Envelope::new(task, "b".parse().unwrap(), Timestamp::from_secs(1))
}

fn queue(page: Option<Turn>) -> Queue {
    let mut queue = Queue::new("q".parse().unwrap(), "l".parse().unwrap());
    if let Some(turn) = page {
        let max = std::num::NonZeroU32::new(3).unwrap();
        queue.growth.page = Some(Page { turn, program: program("queues.q.page"), max });
    } else {
        let then =
            Then { queue: "r".parse().unwrap(), when: None, each: program("each"), task: program("task") };
        queue.growth.then.push(then);
    }
    queue
}

fn grown(queue: &Queue, parent: &Envelope, text: &str) -> Result<Vec<Envelope>, String> {
    let sending = Sending { now: Timestamp::from_secs(9), longest_delay: Some(Duration::from_secs(900)) };
    let children = children(queue, parent, Ok(vec![vec![text.to_owned()]]), sending);
    let read = |child: &Child| Envelope::decode(&child.parcel.body).unwrap();
    children
        .map(|children| children.iter().map(read).collect())
        .map_err(|barren| format!("{}: {}", barren.reason, barren.detail))
}

#[test]
fn a_child_keeps_what_it_does_not_say() {
    let made = grown(&queue(None), &parent(), r#""https://a.example/y""#).unwrap().remove(0);
    assert_eq!((made.id.as_str(), made.hop, made.batch.as_str()), ("b-1/1.1", 1, "b"));
    assert_eq!((made.priority, made.request.headers.len()), (Priority::High, 2));
    let made = grown(&queue(None), &parent(), r#"{"url":"https://b.example/y","id":7,"body":{"a":1}}"#);
    let made = made.unwrap().remove(0);
    assert_eq!((made.id.as_str(), made.request.method), ("7", Method::Post));
    let names: Vec<&str> = made.request.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x", "content-type"], "another host sees no credentials");
}

/// Whatever ids people give, no two of a batch are the same.
#[test]
fn a_task_is_told_from_others_by_its_place() {
    let own = r#"{"url":"https://a.example/y","id":"7"}"#;
    let seats = |parent: &Envelope, text: &str| {
        let sending = Sending { now: Timestamp::from_secs(9), longest_delay: None };
        let made = children(&queue(None), parent, Ok(vec![vec![text.to_owned(); 2]]), sending).unwrap();
        let same = made
            .iter()
            .all(|child| Envelope::decode(&child.parcel.body).unwrap().member().task == child.task);
        assert!(same, "{made:?}");
        made.into_iter().map(|child| child.task.to_string()).collect::<Vec<_>>()
    };
    let named = Task {
        id: "x".parse().unwrap(),
        request: parent().request,
        priority: Priority::High,
        delay: Duration::ZERO,
    };
    let named =
        Envelope::new(named, "b".parse().unwrap(), Timestamp::from_secs(1)).seated("b-4".parse().unwrap());
    assert_eq!(seats(&parent(), own), ["b-1/1.1", "b-1/1.2"]);
    assert_eq!(seats(&named, own), ["b-4/1.1", "b-4/1.2"]);
    assert_eq!(seats(&named, r#""https://a.example/y""#), ["b-4/1.1", "b-4/1.2"]);
    let next = grown(&queue(Some(Turn::Url)), &named, r#""?page=4""#).unwrap().remove(0);
    assert_eq!((next.id.as_str(), next.seat().as_str()), ("x/p1", "b-4/p1"));
}

#[test]
fn what_is_no_task_kills_its_parent_and_says_where() {
    let told = |text: &str| grown(&queue(None), &parent(), text).unwrap_err();
    assert!(told("7").starts_with("unrendered: task at item 1: '7' is not a JSON object"), "{}", told("7"));
    let secret = r#"{"url":"https://a.example/${secret:t}"}"#;
    assert!(told(secret).contains("the answer names the secret 't'"), "{}", told(secret));
    let large = format!(r#"{{"url":"https://a.example","body":"{}"}}"#, "x".repeat(LARGEST_ENVELOPE));
    assert!(told(&large).contains("bytes"));
    let mut deep = parent();
    deep.hop = 16;
    let error = grown(&queue(None), &deep, r#""https://a.example""#).unwrap_err();
    assert_eq!(error, "too_deep: hop 16 of at most 16: its answer would make 1 more task");
}

#[test]
fn a_child_waits_as_long_as_it_says_in_stretches_that_its_backend_can_make() {
    let (now, quarter) = (Timestamp::from_secs(9), Duration::from_secs(900));
    let sending = Sending { now, longest_delay: Some(quarter) };
    let made = |text: &str| {
        let made =
            children(&queue(None), &parent(), Ok(vec![vec![text.to_owned()]]), sending).unwrap().remove(0);
        (made.delay, Envelope::decode(&made.parcel.body).unwrap().due)
    };
    assert_eq!(made(r#""https://a.example""#), (Duration::ZERO, None));
    let soon = made(r#"{"url":"https://a.example","delay":"10s"}"#);
    assert_eq!(soon, (Duration::from_secs(10), Some(Timestamp::from_secs(19))));
    let late = made(r#"{"url":"https://a.example","at":"1970-01-02T00:00:00Z"}"#);
    assert_eq!(late, (Duration::from_secs(891), Some(Timestamp::from_secs(86_400))));
}

#[test]
fn ids_are_the_same_each_time_and_never_too_long() {
    let mut parent = parent();
    for _ in 0..60 {
        let made = grown(&queue(None), &parent, r#""https://a.example""#).unwrap().remove(0);
        parent.id = made.id;
    }
    assert!(parent.id.as_str().starts_with("b-1/1.1/1.1"));
}

#[test]
fn pages_turn() {
    let next = |turn: Turn, text: &str| grown(&queue(Some(turn)), &parent(), text);
    let url = |turn: Turn, text: &str| next(turn, text).unwrap().remove(0).request.url;
    assert_eq!(url(Turn::Url, r#""/z?c=1""#), "https://a.example/z?c=1");
    let number = || Turn::Number("page".to_owned());
    assert_eq!(url(number(), "true"), "https://a.example/x?k=${secret:t}&page=4");
    assert_eq!(url(number(), "9"), "https://a.example/x?k=${secret:t}&page=9");
    let cursor = url(Turn::Cursor("c".to_owned()), r#""a&${secret:t}""#);
    assert_eq!(cursor, "https://a.example/x?page=3&k=${secret:t}&c=a%26%24%7Bsecret%3At%7D");
    for none in ["null", "false", r#""""#] {
        assert_eq!(next(number(), none).unwrap(), []);
    }
    assert!(next(Turn::Url, "7").unwrap_err().starts_with("unrendered: queues.q.page: "));
    let mut second = next(number(), "true").unwrap().remove(0);
    assert_eq!((second.id.as_str(), second.page, second.hop), ("b-1/p1", 1, 0));
    second = grown(&queue(Some(number())), &second, "true").unwrap().remove(0);
    assert_eq!(second.id.as_str(), "b-1/p2");
    let end = grown(&queue(Some(number())), &second, "true").unwrap_err();
    assert_eq!(end, "too_deep: page 3 of at most 3, and its answer has a next one");
}
