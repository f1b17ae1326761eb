//! jobq.toml: text in, checked nouns or every problem out.
//!
//! `section` reads tables by the known `keys`; `limit`, `queue`, `push`, `aws` and their parts turn them into nouns. Nothing
//! here opens a file: the caller has the text, and the file's name only to say it.

pub mod backend;
pub mod keys;
pub mod nearest;
pub mod problem;
pub mod template;

mod aws;
mod completion;
mod growth;
pub mod header;
mod limit;
mod push;
mod queue;
mod section;
mod traces;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use toml::de::DeTable;

use crate::limit::Limit;
use crate::name::{LimitName, PushName, QueueName};
use crate::queue::Queue;
use crate::recurring::RecurringPush;
use crate::stack::Stack;

use backend::Backend;
use nearest::suggestion;
use problem::{Problem, Problems};
use section::Section;

/// Where the local backend keeps its files unless the configuration says otherwise.
pub const DEFAULT_STATE: &str = ".jobq";

/// A whole configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where queues live.
    pub backend: Backend,
    /// The folder of the local backend's files.
    pub state: PathBuf,
    /// The stack of the aws backend.
    pub stack: Stack,
    /// The limits by name.
    pub limits: BTreeMap<LimitName, Limit>,
    /// The queues by name; each names a limit of `limits`.
    pub queues: BTreeMap<QueueName, Queue>,
    /// The recurring pushes by name; each names a queue of `queues`.
    pub pushes: BTreeMap<PushName, RecurringPush>,
}

impl Default for Config {
    /// What an empty file says.
    fn default() -> Self {
        Self {
            backend: Backend::default(),
            state: PathBuf::from(DEFAULT_STATE),
            stack: Stack::default(),
            limits: BTreeMap::new(),
            queues: BTreeMap::new(),
            pushes: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads a configuration. What is wrong is told all at once, in the order of the file.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::new(file_name, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            problems.add(at, format!("this is not TOML: {}", error.message()));
        }
        // What a broken file seems to hold would only give misleading problems on top.
        if !errors.is_empty() {
            return Err(problems.into_sorted());
        }
        let config = Self::read(table.get_ref(), &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(problems.into_sorted()) }
    }

    /// Builds what can be built; it is whole only if no problem was noted.
    fn read(table: &DeTable, problems: &mut Problems) -> Self {
        let root = Section::root(table, keys::TOP, problems);
        let limits = root.entries("limits", problems);
        let queues = root.entries("queues", problems);
        let named: Vec<&str> = limits.iter().map(|entry| entry.name).collect();
        let written: Vec<&str> = queues.iter().map(|entry| entry.name).collect();
        let limits = limits.iter().filter_map(|entry| limit::read(entry, problems));
        let limits = limits.map(|limit| (limit.name.clone(), limit)).collect();
        let names = queue::Names { limits: &named, queues: &written };
        let mut bounded = Vec::new();
        let read: BTreeMap<QueueName, Queue> = queues
            .iter()
            .filter_map(|entry| {
                let (queue, is_bounded) = queue::read(entry, names, problems)?;
                bounded.extend(is_bounded.then_some(entry.name));
                Some((queue.name.clone(), queue))
            })
            .collect();
        let at = |name: &str| queues.iter().find(|entry| entry.name == name).map_or(0, |entry| entry.at);
        growth::note_rings(read.values(), &bounded, &at, problems);
        completion::note_rings(read.values(), &at, problems);
        let (pushes, known) = (
            root.entries("pushes", problems),
            push::Known { limits: &limits, queues: &read, written: &written },
        );
        let pushes = pushes.iter().filter_map(|entry| push::read(entry, &known, problems));
        let pushes = pushes.map(|push| (push.name.clone(), push)).collect();
        Self {
            backend: root.parsed("backend", Backend::from_str, problems).unwrap_or_default(),
            state: root.parsed("state", state, problems).unwrap_or_else(|| PathBuf::from(DEFAULT_STATE)),
            stack: aws::stack(&root, problems),
            limits,
            queues: read,
            pushes,
        }
    }

    /// The limit a queue's calls are made under.
    pub fn limit_of(&self, queue: &Queue) -> Option<&Limit> {
        self.limits.get(&queue.limit)
    }

    /// The queues whose calls are made under `limit`, by name.
    pub fn queues_of(&self, limit: &LimitName) -> impl Iterator<Item = &Queue> {
        self.queues.values().filter(move |queue| queue.limit == *limit)
    }

    /// What to tell somebody who named a queue that isn't there.
    pub fn unknown_queue(&self, given: &str) -> String {
        let known: Vec<&str> = self.queues.keys().map(QueueName::as_str).collect();
        format!("there is no queue '{given}': {}", suggestion(given, "queue", &known))
    }

    /// What to tell somebody who named a limit that isn't there.
    pub fn unknown_limit(&self, given: &str) -> String {
        let known: Vec<&str> = self.limits.keys().map(LimitName::as_str).collect();
        format!("there is no limit '{given}': {}", suggestion(given, "limit", &known))
    }
}

fn state(text: &str) -> Result<PathBuf, &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty: name a folder");
    }
    Ok(PathBuf::from(text))
}
