//! Letters counted by why they are dead, what they were answered with and where they call.

use std::collections::BTreeMap;

use jobq_core::letter::{Kind, Letter};
use jobq_core::ports::morgue::Found;

use super::line::host;

/// Letters that died alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Why they are dead.
    pub kind: Kind,
    /// What the last attempt was answered with, if an answer came.
    pub status: Option<u16>,
    /// Where they call, host and port.
    pub host: Option<String>,
    /// How many there are.
    pub count: u64,
    /// One of them: the id of its task, or what the backend calls the letter.
    pub example: String,
    /// What is told of that one.
    pub detail: String,
}

/// Counts letters by what they have in common.
#[derive(Debug, Default)]
pub struct Groups {
    groups: BTreeMap<(Kind, Option<u16>, Option<String>), Group>,
}

impl Groups {
    /// Counts a letter. The first one of a group is its example.
    pub fn add(&mut self, found: &Found, letter: &Letter) {
        let (kind, status, host) = (letter.kind(), letter.status(), host(letter));
        let group = self.groups.entry((kind, status, host.clone())).or_insert_with(|| {
            let example =
                letter.envelope().map_or_else(|| found.id.0.clone(), |envelope| envelope.id.to_string());
            Group { kind, status, host, count: 0, example, detail: letter.detail().to_owned() }
        });
        group.count += 1;
    }

    /// The groups, the largest first.
    pub fn by_size(self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }
}
