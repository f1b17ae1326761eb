//! Deaths: why a task was given up, and what of that stays with it when it is sent back.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// One death of a task that was sent back since, as its history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Death {
    /// When it was given up, or lay in the dead-letter queue at the latest.
    #[serde(rename = "at")]
    pub died_at: Timestamp,
    /// Which kind of failure; none if the backend gave it up by itself and nobody knows why.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// One line for people.
    #[serde(rename = "d")]
    pub detail: String,
    /// When it was sent back to its queue.
    #[serde(rename = "back")]
    pub sent_back_at: Timestamp,
}

/// Why a task is dead. A closed list, so that dead letters can be counted and filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The API refused the request itself (most 4xx): trying again can't help.
    Rejected,
    /// Every attempt failed.
    Exhausted,
    /// It was still failing or waiting when it passed `max_age`.
    TooOld,
    /// It may not call there, or names a secret it may not have.
    Forbidden,
    /// The answer was larger than `max_response`.
    TooLarge,
    /// Too many redirects, or one that leads nowhere.
    Redirect,
    /// The message is no envelope this program can read.
    Unreadable,
    /// It was received again and again without an end: it may kill its drainer.
    Poison,
    /// Its call ended well, and its answer can't be made into the next tasks.
    Unrendered,
    /// Its call ended well, and what its answer makes would lie too far from the push.
    TooDeep,
    /// Its call ended well, and its answer makes too many tasks.
    TooManyChildren,
}

impl Reason {
    /// All of them, as people may name them.
    pub const ALL: [Self; 11] = [
        Self::Rejected,
        Self::Exhausted,
        Self::TooOld,
        Self::Forbidden,
        Self::TooLarge,
        Self::Redirect,
        Self::Unreadable,
        Self::Poison,
        Self::Unrendered,
        Self::TooDeep,
        Self::TooManyChildren,
    ];

    /// The word for it in output and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Exhausted => "exhausted",
            Self::TooOld => "too_old",
            Self::Forbidden => "forbidden",
            Self::TooLarge => "too_large",
            Self::Redirect => "redirect",
            Self::Unreadable => "unreadable",
            Self::Poison => "poison",
            Self::Unrendered => "unrendered",
            Self::TooDeep => "too_deep",
            Self::TooManyChildren => "too_many_children",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
