//! What tasks grow into where queues make tasks: lists, which have pages, make items, which make leaves. An answer says
//! nothing but what a task's id says, so that a test knows what must come of it.
//!
//! A list is `KIND-lNUMBER`, its pages `.../p1` and on; an item is `KIND-iNUMBER.PAGE.PLACE`, its leaves `.../1.1` and on,
//! as jobq calls children without an id of their own.

use std::collections::BTreeSet;

use jobq_core::growth::{Growth, Page, Program, Then, Turn};
use jobq_core::name::QueueName;
use jobq_core::queue::Queue;
use jobq_core::task::Priority;
use serde_json::{Value, json};

use crate::plan::{kind, queue};

/// How many pages a list has at most.
const PAGES: u64 = 3;

/// A list.
pub(crate) fn root(number: u64) -> String {
    format!("{}-l{number}", kind(number))
}

/// The queue that lists are pushed to.
pub(crate) fn lists() -> QueueName {
    "lists".parse().unwrap()
}

fn items() -> QueueName {
    "items".parse().unwrap()
}

fn leaves() -> QueueName {
    "leaves".parse().unwrap()
}

/// The queues, each of which makes the tasks of the next.
pub(crate) fn queues() -> Vec<Queue> {
    let item = r#"{url: "http://api/\(.id)", id, priority: .lane}"#;
    let leaf = r#"{url: "http://api/\($task.id)/1.\(.)"}"#;
    let page = Page { turn: Turn::Url, program: program("next", ".next"), max: 10.try_into().unwrap() };
    let of_lists =
        Growth { then: vec![then(items(), ".items[]", item)], page: Some(page), ..Growth::default() };
    let of_items = Growth { then: vec![then(leaves(), ".leaves[]", leaf)], ..Growth::default() };
    vec![
        Queue { name: lists(), growth: of_lists, ..queue() },
        Queue { name: items(), growth: of_items, weight: 2.try_into().unwrap(), ..queue() },
        Queue { name: leaves(), ..queue() },
    ]
}

fn then(queue: QueueName, each: &str, task: &str) -> Then {
    let when = Some(program("when", "$status == 200"));
    Then { queue, when, each: program("each", each), task: program("task", task) }
}

fn program(key: &str, code: &str) -> Program {
    Program { code: code.to_owned(), key: key.to_owned(), line: 1 }
}

/// The answer to a task, if it is one of a tree.
pub(crate) fn answer(task: &str) -> Option<Value> {
    Some(match Place::of(task)? {
        Place::List { list, number, page } => {
            let lane = |place| Priority::ALL[place as usize % 3].as_str();
            let item = |(place, id)| json!({ "id": id, "lane": lane(place) });
            let items: Vec<Value> = items_of(number, page).map(item).collect();
            let next = (page + 1 < pages_of(number)).then(|| format!("http://api/{list}/p{}", page + 1));
            json!({ "items": items, "next": next })
        }
        Place::Item { number, place } => {
            json!({ "leaves": (1..=leaves_of(number, place)).collect::<Vec<_>>() })
        }
        Place::Leaf => json!({}),
    })
}

/// The tasks that a task makes once it is done, each with its queue.
pub(crate) fn grows_into(task: &str) -> BTreeSet<(String, String)> {
    let within = |queue: QueueName, id: String| (queue.to_string(), id);
    match Place::of(task) {
        Some(Place::List { list, number, page }) => {
            let next =
                (page + 1 < pages_of(number)).then(|| within(lists(), format!("{list}/p{}", page + 1)));
            items_of(number, page).map(|(_, id)| within(items(), id)).chain(next).collect()
        }
        Some(Place::Item { number, place }) => {
            (1..=leaves_of(number, place)).map(|leaf| within(leaves(), format!("{task}/1.{leaf}"))).collect()
        }
        Some(Place::Leaf) | None => BTreeSet::new(),
    }
}

/// These tasks and all that grows from them, where those that end well are known.
pub(crate) fn all_of(
    roots: impl Iterator<Item = String>,
    is_done: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let (mut all, mut next) = (BTreeSet::new(), roots.collect::<Vec<_>>());
    while let Some(task) = next.pop() {
        if is_done(&task) {
            next.extend(grows_into(&task).into_iter().map(|(_, id)| id));
        }
        assert!(all.insert(task), "a tree makes no task twice");
    }
    all
}

/// What a task is, by its id.
enum Place {
    List { list: String, number: u64, page: u64 },
    Item { number: u64, place: u64 },
    Leaf,
}

impl Place {
    fn of(task: &str) -> Option<Self> {
        let (own, of) = task.split_once('/').map_or((task, None), |(own, of)| (own, Some(of)));
        let (_, id) = own.split_once('-')?;
        if let Some(number) = id.strip_prefix('l') {
            let page = of.map_or(Some(0), |page| page.strip_prefix('p')?.parse().ok())?;
            return Some(Self::List { list: own.to_owned(), number: number.parse().ok()?, page });
        }
        let mut numbers = id.strip_prefix('i')?.split('.').map(|number| number.parse::<u64>().ok());
        let (number, page, place) = (numbers.next()??, numbers.next()??, numbers.next()??);
        Some(if of.is_some() { Self::Leaf } else { Self::Item { number, place: page + place } })
    }
}

/// Most lists have one page.
fn pages_of(number: u64) -> u64 {
    if number.is_multiple_of(4) { 1 + number % PAGES } else { 1 }
}

/// None to three, each with its place.
fn items_of(number: u64, page: u64) -> impl Iterator<Item = (u64, String)> {
    let id = move |place| format!("{}-i{number}.{page}.{place}", kind(number * 13 + page * 5 + place));
    (0..(number + page) % 4).map(move |place| (place, id(place)))
}

/// None to two.
fn leaves_of(number: u64, place: u64) -> u64 {
    (number + place) % 3
}
