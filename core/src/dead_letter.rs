//! Dead letters: tasks that failed for good, with their whole story.

use serde::{Deserialize, Serialize};

use crate::death::Reason;
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
