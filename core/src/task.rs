//! A task: one API call to make.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::BatchId;

/// One API call to make, checked, as a push sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Identifies it within jobq and towards the API (`Idempotency-Key`).
    pub id: TaskId,
    /// The call.
    pub request: Request,
    /// How soon it is served beside others of its queue.
    pub priority: Priority,
    /// How long it waits before it may be served at all.
    pub delay: Duration,
}

/// Identifies a task: 1 to 200 printable ASCII characters without spaces, so that it can be a header's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(String);

/// An id that isn't one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a task id: use 1 to 200 printable ASCII characters without spaces")]
pub struct TaskIdError(String);

/// What goes out to the API. Header values, url and body may name secrets as `${secret:name}`; the values
/// are put in only when the call is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The HTTP method.
    #[serde(rename = "m", default, skip_serializing_if = "Method::is_get")]
    pub method: Method,
    /// An absolute `http` or `https` url.
    #[serde(rename = "u")]
    pub url: String,
    /// Names in lower case, in the order given.
    #[serde(rename = "h", default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The body as it goes out.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The HTTP methods a task may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; the default without a body.
    #[default]
    Get,
    /// Reads the headers alone.
    Head,
    /// Creates or commands; the default with a body.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
    /// Asks what is allowed.
    Options,
}

/// How soon a task is served beside others of its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Small and urgent.
    High,
    /// Everything that isn't said to be otherwise.
    #[default]
    Normal,
    /// Large and patient.
    Bulk,
}

/// A word that isn't one of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not a {what}: use {choices}")]
pub struct ChoiceError {
    given: String,
    what: &'static str,
    choices: &'static str,
}

impl TaskId {
    /// The id that a line of a push gives its task, counted from 1.
    #[expect(
        clippy::expect_used,
        reason = "a batch name has at most 100 characters, all of them allowed in an id"
    )]
    pub fn of_line(batch: &BatchId, line: u64) -> Self {
        format!("{batch}-{line}").parse().expect("a batch name and a number are a task id")
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaskId {
    type Err = TaskIdError;

    fn from_str(text: &str) -> Result<Self, TaskIdError> {
        let fits = (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(TaskIdError(text.chars().take(60).collect())) }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Method {
    const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    /// The method as it stands in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether repeating the call can't change anything, so that no `Idempotency-Key` is needed.
    pub fn only_reads(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    fn is_get(&self) -> bool {
        *self == Self::Get
    }
}

impl FromStr for Method {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        let choices = "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS";
        let found = Self::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| ChoiceError { given: text.to_owned(), what: "method", choices })
    }
}

impl Priority {
    /// All of them, the most urgent first: the lanes of a queue.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Bulk];

    /// The number of its lane in [`Priority::ALL`].
    pub fn lane(self) -> usize {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Bulk => 2,
        }
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Bulk => "bulk",
        }
    }

    /// How many tasks of this lane are served in a round in which each lane that has tasks is served at least once.
    pub fn weight(self) -> u32 {
        match self {
            Self::High => 64,
            Self::Normal => 8,
            Self::Bulk => 1,
        }
    }

    /// How far a batch of this priority moves on in fair order with each task: the larger, the less often it
    /// is served beside others.
    pub fn stride(self) -> u64 {
        match self {
            Self::High => 1,
            Self::Normal => 8,
            Self::Bulk => 64,
        }
    }
}

impl FromStr for Priority {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "high" => Ok(Self::High),
            "normal" => Ok(Self::Normal),
            "bulk" => Ok(Self::Bulk),
            _ => {
                Err(ChoiceError { given: text.to_owned(), what: "priority", choices: "high, normal or bulk" })
            }
        }
    }
}
