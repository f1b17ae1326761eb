//! `then` and `page` of `[queues.NAME]` to a checked [`Growth`].

use super::keys::growth::{PAGE, THEN};
use super::problem::Problems;
use super::section::Section;
use crate::growth::{Growth, MAX_PAGES, Page, Program, Then, Turn};
use crate::name::QueueName;
use crate::queue::Queue;

/// Reads what the answers of a queue make. `queues` are the names as they are written in the file.
pub(super) fn read(section: &Section, queues: &[&str], problems: &mut Problems) -> Growth {
    let defaults = Growth::default();
    let then = section.tables("then", THEN, problems);
    Growth {
        then: then.iter().filter_map(|then| one_then(then, queues, problems)).collect(),
        page: section.table("page", PAGE, problems).and_then(|page| one_page(&page, problems)),
        max_hops: section.count("max_hops", problems).unwrap_or(defaults.max_hops),
        max_children: section.count("max_children", problems).unwrap_or(defaults.max_children),
    }
}

fn one_then(section: &Section, queues: &[&str], problems: &mut Problems) -> Option<Then> {
    let queue: Option<QueueName> = section.name_of("queue", "queue", queues, problems);
    let when = program(section, "when", problems);
    let each = program(section, "each", problems).unwrap_or_else(|| Program {
        code: ".".to_owned(),
        key: section.place("each"),
        line: problems.line(section.at("each")),
    });
    let task = program(section, "task", problems);
    Some(Then { queue: queue?, when, each, task: task? })
}

fn one_page(section: &Section, problems: &mut Problems) -> Option<Page> {
    let max = section.count("max", problems).unwrap_or(MAX_PAGES);
    let param = section.text("param", problems).map(str::to_owned);
    let mut given = Vec::new();
    for key in ["next", "cursor", "number"] {
        given.extend(program(section, key, problems).map(|program| (key, program)));
    }
    let (Some((key, program)), true) = (given.pop(), given.is_empty()) else {
        let message = format!("{}: give one of next, cursor and number", section.place("next"));
        problems.add(section.at("next"), message);
        return None;
    };
    let turn = match (key, param) {
        ("next", None) => Some(Turn::Url),
        ("next", Some(_)) => None,
        ("cursor", param) => param.map(Turn::Cursor),
        (_, param) => param.map(Turn::Number),
    };
    if turn.is_none() {
        let message =
            format!("{}: 'cursor' and 'number' need it, and 'next' has none", section.place("param"));
        problems.add(section.at(key), message);
    }
    Some(Page { turn: turn?, program, max })
}

/// Reads a jq program.
pub(super) fn program(section: &Section, key: &str, problems: &mut Problems) -> Option<Program> {
    let code = section.text(key, problems)?.to_owned();
    Some(Program { code, key: section.place(key), line: problems.line(section.at(key)) })
}

/// Notes rings of queues that nothing bounds: tasks would make tasks for ever. Where one of a ring's queues says how
/// many hops there may be, a ring is meant: a tree is walked down so.
pub(super) fn note_rings<'a>(
    queues: impl Iterator<Item = &'a Queue> + Clone,
    bounded: &[&str],
    at: &dyn Fn(&str) -> usize,
    problems: &mut Problems,
) {
    let mut told: Vec<Vec<&str>> = Vec::new();
    for start in queues.clone() {
        let Some(ring) = ring(start, queues.clone()) else { continue };
        let mut members = ring.clone();
        members.sort_unstable();
        if told.contains(&members) || ring.iter().any(|name| bounded.contains(name)) {
            continue;
        }
        let mut way = ring.join(" -> ");
        way.push_str(&format!(" -> {}", start.name));
        let message =
            format!("queues.{}.then: the queues make tasks for each other in a ring: {way}", start.name);
        let hint =
            format!("break the ring, or say how deep it may go: max_hops = 16 in [queues.{}]", start.name);
        problems.add_with_hint(at(start.name.as_str()), message, hint);
        told.push(members);
    }
}

/// The queues on the shortest way from `start` back to it.
fn ring<'a>(start: &'a Queue, queues: impl Iterator<Item = &'a Queue> + Clone) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![start]];
    let mut seen: Vec<&QueueName> = Vec::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for then in way.last().map(|queue| queue.growth.then.iter()).into_iter().flatten() {
                if then.queue == start.name {
                    return Some(way.iter().map(|queue| queue.name.as_str()).collect());
                }
                if seen.contains(&&then.queue) {
                    continue;
                }
                if let Some(next) = queues.clone().find(|queue| queue.name == then.queue) {
                    seen.push(&next.name);
                    longer.push(way.iter().copied().chain([next]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}
