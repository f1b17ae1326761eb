//! `on_complete` of `[queues.NAME]` to a checked [`OnComplete`].

use std::convert::Infallible;

use super::growth::program;
use super::keys::completion::ON_COMPLETE;
use super::problem::Problems;
use super::section::Section;
use crate::completion::{FollowUp, OnComplete};
use crate::name::QueueName;
use crate::queue::Queue;
use crate::secret_names::OPENING;
use crate::written::address;

/// Reads what is done when a batch of a queue has ended. `queues` are the names as they are written in the file.
pub(super) fn read(section: &Section, queues: &[&str], problems: &mut Problems) -> OnComplete {
    let Some(section) = section.table("on_complete", ON_COMPLETE, problems) else {
        return OnComplete::default();
    };
    let command = section.parsed_list("command", |word| Ok::<_, Infallible>(word.to_owned()), problems);
    if command.as_ref().is_some_and(Vec::is_empty) {
        problems.add(section.at("command"), format!("{}: it names no program", section.place("command")));
    }
    let url = section.parsed("url", url, problems);
    let task = follow_up(&section, queues, problems);
    let on = OnComplete { task, command: command.unwrap_or_default(), url };
    if !["queue", "task", "command", "url"].iter().any(|key| section.has(key)) {
        let message = format!("{}: give queue and task, a command or a url", section.place("command"));
        problems.add(section.at("command"), message);
    }
    on
}

fn follow_up(section: &Section, queues: &[&str], problems: &mut Problems) -> Option<FollowUp> {
    let queue: Option<QueueName> = section.name_of("queue", "queue", queues, problems);
    let task = program(section, "task", problems);
    for (there, other) in [("queue", "task"), ("task", "queue")] {
        if section.has(there) && !section.has(other) {
            problems.add(section.at(there), format!("{}: it needs '{other}' too", section.place(there)));
        }
    }
    Some(FollowUp { queue: queue?, task: task? })
}

fn url(text: &str) -> Result<String, String> {
    if text.contains(OPENING) {
        return Err("secrets are put into tasks alone: use a command, or queue and task".to_owned());
    }
    address::check(text).map(|()| text.to_owned()).map_err(|problem| problem.to_string())
}

/// Notes rings of queues whose batches end with a push to each other: they would never end.
pub(super) fn note_rings<'a>(
    queues: impl Iterator<Item = &'a Queue> + Clone,
    at: &dyn Fn(&str) -> usize,
    problems: &mut Problems,
) {
    let next = |name: &QueueName| {
        let queue = queues.clone().find(|queue| queue.name == *name)?;
        queue.on_complete.task.as_ref().map(|task| &task.queue)
    };
    for start in queues.clone() {
        let mut way = vec![&start.name];
        while let Some(name) = way.last().and_then(|last| next(last)) {
            let is_back = *name == start.name;
            // A ring that this one only leads into is told where it begins. Of each the first name tells it.
            if is_back || way.contains(&name) {
                if is_back && way.iter().all(|other| start.name <= **other) {
                    let names: Vec<&str> = way.iter().chain([&name]).map(|name| name.as_str()).collect();
                    let message = format!(
                        "queues.{}.on_complete: the ends of batches push to each other in a ring: {}",
                        start.name,
                        names.join(" -> ")
                    );
                    problems.add(at(start.name.as_str()), message);
                }
                break;
            }
            way.push(name);
        }
    }
}
