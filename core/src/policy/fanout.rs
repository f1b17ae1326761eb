//! Fan-out: from an answer to the tasks it makes.
//!
//! [`job`] says which programs are run over an answer, [`children`] makes tasks of what they made. Who answers chooses
//! ids and paths; it chooses no secret, and sees no credentials meant for another host.

mod child;
mod page;

use std::time::Duration;

use serde_json::json;

use crate::death::Reason;
use crate::envelope::Envelope;
use crate::growth::{Growth, Program};
use crate::human::counted;
use crate::jq::{Act, Failed, Job, Link, Made};
use crate::name::QueueName;
use crate::policy::made::{SHOWN, beginning};
use crate::policy::wait;
use crate::queue::Queue;
use crate::reply::Reply;
use crate::settlement::{Child, LARGEST_ENVELOPE};
use crate::time::Timestamp;

/// Why an answer makes no tasks: the parent is dead, for its call can't be made undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barren {
    /// Which kind of failure.
    pub reason: Reason,
    /// One line for people.
    pub detail: String,
}

/// What children are made with.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// When.
    pub now: Timestamp,
    /// For how long the backend can hide a task, if not for any time.
    pub longest_delay: Option<Duration>,
}

/// What is run over an answer; none where it makes nothing. Only 2xx answers make something: what else ends well is
/// not what the programs were written for.
pub fn job(queue: &Queue, parent: &Envelope, reply: &Reply) -> Option<Job> {
    if queue.growth.is_none() || !(200..300).contains(&reply.status) {
        return None;
    }
    let makes = |program: &Program| Link { act: Act::Makes, code: program.code.clone() };
    let then = queue.growth.then.iter().map(|then| {
        let when = then.when.iter().map(|when| Link { act: Act::Keeps, code: when.code.clone() });
        when.chain([makes(&then.each), makes(&then.task)]).collect()
    });
    let page = queue.growth.page.iter().map(|page| vec![makes(&page.program)]);
    Some(Job {
        input: reply.body.clone(),
        variables: variables(queue, parent, reply),
        chains: then.chain(page).collect(),
        most: usize::try_from(queue.growth.max_children.get()).unwrap_or(usize::MAX),
    })
}

fn variables(queue: &Queue, parent: &Envelope, reply: &Reply) -> Vec<(String, String)> {
    let task = json!({
        "id": parent.id,
        "url": parent.request.url,
        "method": parent.request.method.as_str(),
        "queue": queue.name.as_str(),
        "batch": parent.batch.as_str(),
        "hop": parent.hop,
        "page": parent.page,
    });
    let mut headers = serde_json::Map::new();
    for (name, value) in &reply.headers {
        headers.entry(name.clone()).or_insert_with(|| value.clone().into());
    }
    let values = [task, json!(reply.status), headers.into()];
    let named = crate::jq::VARIABLES.iter().zip(values);
    named.map(|(name, value)| ((*name).to_owned(), value.to_string())).collect()
}

/// The tasks that an answer makes, or why it makes none.
///
/// # Errors
/// A program failed, or what it made is no task, or there are too many, or they lie too far from the push.
pub fn children(
    queue: &Queue,
    parent: &Envelope,
    made: Result<Made, Failed>,
    sending: Sending,
) -> Result<Vec<Child>, Barren> {
    let growth = &queue.growth;
    let made = made.map_err(|failed| told(growth, failed))?;
    let mut children = Vec::new();
    for (number, (then, texts)) in growth.then.iter().zip(&made).enumerate() {
        if parent.hop >= growth.max_hops.get() && !texts.is_empty() {
            let (hop, most) = (parent.hop, growth.max_hops);
            let detail = format!(
                "hop {hop} of at most {most}: its answer would make {}",
                counted(texts.len(), "more task")
            );
            return Err(Barren { reason: Reason::TooDeep, detail });
        }
        for (item, text) in texts.iter().enumerate() {
            let place = format!("/{}.{}", number + 1, item + 1);
            let child = child::read(then, parent, text, &place, sending.now).and_then(|(task, due)| {
                let seat = child::child_id(parent.seat(), &place);
                let mut child = parent.child(task, seat, sending.now);
                child.due = due;
                sealed(then.queue.clone(), child, sending)
            });
            children.push(child.map_err(|said| unrendered(&then.task, Some(item), &said, text))?);
        }
    }
    if let (Some(page), Some(texts)) = (&growth.page, made.get(growth.then.len())) {
        let text = texts.first().map_or("null", String::as_str);
        let wrong = |said: String| unrendered(&page.program, None, &said, text);
        if let Some(task) = page::next(page, parent, text).map_err(wrong)? {
            if parent.page.saturating_add(1) >= page.max.get() {
                let detail = format!(
                    "page {} of at most {}, and its answer has a next one",
                    parent.page + 1,
                    page.max
                );
                return Err(Barren { reason: Reason::TooDeep, detail });
            }
            let seat = page::page_id(parent.seat(), parent.page);
            let next = parent.next_page(task, seat, sending.now);
            children.push(sealed(queue.name.clone(), next, sending).map_err(wrong)?);
        }
    }
    Ok(children)
}

fn sealed(queue: QueueName, envelope: Envelope, sending: Sending) -> Result<Child, String> {
    let stretch = |due| wait::stretch(due, sending.now, sending.longest_delay);
    let delay = envelope.due.map(stretch).unwrap_or_default();
    let (task, parcel) = (envelope.seat().clone(), envelope.seal());
    let bytes = parcel.body.len();
    if bytes > LARGEST_ENVELOPE {
        return Err(format!("the task makes a message of {bytes} bytes, {LARGEST_ENVELOPE} are allowed"));
    }
    Ok(Child { queue, task, parcel, delay })
}

/// What a failed job says of its parent.
fn told(growth: &Growth, failed: Failed) -> Barren {
    match failed {
        Failed::TooMany => Barren {
            reason: Reason::TooManyChildren,
            detail: format!("its answer makes more than {}", counted(growth.max_children.get(), "task")),
        },
        Failed::Input(said) => Barren { reason: Reason::Unrendered, detail: beginning(&said) },
        Failed::Program { chain, link, item, said, excerpt } => {
            let program = program(growth, chain, link);
            program.map_or_else(
                || Barren { reason: Reason::Unrendered, detail: beginning(&said) },
                |program| unrendered(program, item, &said, &excerpt),
            )
        }
        Failed::BrokenOff { chain, link, said } => {
            told(growth, Failed::Program { chain, link, item: None, said, excerpt: String::new() })
        }
    }
}

/// The program of a link.
fn program(growth: &Growth, chain: usize, link: usize) -> Option<&Program> {
    let Some(then) = growth.then.get(chain) else {
        return growth.page.as_ref().map(|page| &page.program);
    };
    then.when.iter().chain([&then.each, &then.task]).nth(link)
}

fn unrendered(program: &Program, item: Option<usize>, said: &str, over: &str) -> Barren {
    let at = item.map(|item| format!(" at item {}", item + 1)).unwrap_or_default();
    let mut detail = format!("{}{at}: {}", program.key, beginning(said));
    if !over.is_empty() {
        let shown: String = over.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        detail.push_str(&format!("; over {}", shown.replace("\\\"", "\"")));
    }
    Barren { reason: Reason::Unrendered, detail }
}

#[cfg(test)]
mod tests;
