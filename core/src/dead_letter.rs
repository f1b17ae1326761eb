//! Dead letters: tasks that failed for good, with their whole story.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::time::Timestamp;

/// A task that failed for good. This is what lies in a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Which kind of failure.
    pub reason: Reason,
    /// One line for people.
    pub detail: String,
    /// When it was given up.
    pub died_at: Timestamp,
    /// The beginning of the last answer's body, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What was in the queue.
    #[serde(flatten)]
    pub remains: Remains,
}

/// What was in the queue: a task, or something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remains {
    /// The task with its history.
    Envelope(Box<Envelope>),
    /// A body that is no envelope, as text.
    Unreadable(String),
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
}

impl DeadLetter {
    /// The bytes that lie in a dead-letter queue.
    #[allow(clippy::expect_used, reason = "strings and numbers always serialise")]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers always serialise")
    }

    /// Reads what [`DeadLetter::encode`] wrote; `None` if it is something else.
    pub fn decode(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The task's id, if there is a task.
    pub fn task_id(&self) -> Option<&str> {
        match &self.remains {
            Remains::Envelope(envelope) => Some(envelope.id.as_str()),
            Remains::Unreadable(_) => None,
        }
    }

    /// The status of the last attempt, if an answer came.
    pub fn status(&self) -> Option<u16> {
        match &self.remains {
            Remains::Envelope(envelope) => envelope.attempts.last().and_then(|attempt| attempt.status),
            Remains::Unreadable(_) => None,
        }
    }
}

impl Reason {
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
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
