//! Growth: what a task's answer makes: children in other queues, and the next page of the same one.

use std::num::NonZeroU32;

use crate::name::QueueName;

/// How many fan-outs may lie between a push and a task, unless a queue says otherwise.
pub const MAX_HOPS: NonZeroU32 = NonZeroU32::MIN.saturating_add(15);

/// How many tasks one answer may make, unless a queue says otherwise.
pub const MAX_CHILDREN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9_999);

/// How many pages one task may have, unless its queue says otherwise.
pub const MAX_PAGES: NonZeroU32 = NonZeroU32::MIN.saturating_add(9_999);

/// What the answers of one queue make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The children, one rule after the other.
    pub then: Vec<Then>,
    /// The next page.
    pub page: Option<Page>,
    /// A task that lies so many fan-outs behind its push makes no children any more.
    pub max_hops: NonZeroU32,
    /// How many tasks one answer makes at most.
    pub max_children: NonZeroU32,
}

/// Children in one queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Then {
    /// The queue they go to.
    pub queue: QueueName,
    /// Whether there are any, by the answer; always, without it.
    pub when: Option<Program>,
    /// What of the answer becomes a child each.
    pub each: Program,
    /// The child's task.
    pub task: Program,
}

/// The next page: a task of the same queue that is called like its parent, elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What tells it.
    pub turn: Turn,
    /// Tells the next page by the answer. There is none where it makes null, false or nothing.
    pub program: Program,
    /// How many pages there are at most.
    pub max: NonZeroU32,
}

/// How an API turns pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// The program makes the next page's url.
    Url,
    /// The program makes a value of this parameter of the url.
    Cursor(String),
    /// The program makes the number of the next page, or says that there is one; this parameter of the url has it.
    Number(String),
}

/// A jq program, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its text.
    pub code: String,
    /// What it is called: `queues.troops.then.task`.
    pub key: String,
    /// The line of the configuration it begins at, from 1.
    pub line: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Self { then: Vec::new(), page: None, max_hops: MAX_HOPS, max_children: MAX_CHILDREN }
    }
}

impl Growth {
    /// Whether an answer makes anything at all.
    pub fn is_none(&self) -> bool {
        self.then.is_empty() && self.page.is_none()
    }

    /// All programs, in the order they are run in.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        let then = self.then.iter().flat_map(|then| then.when.iter().chain([&then.each, &then.task]));
        then.chain(self.page.iter().map(|page| &page.program))
    }
}
