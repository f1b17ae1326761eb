//! Which letters are meant, by what they say.

use std::str::FromStr;

use jobq_core::host::HostPattern;
use jobq_core::letter::{Kind, Letter};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::morgue::Found;
use jobq_core::time::Timestamp;
use regex::Regex;

use super::line::Line;
use jobq_core::written::address::endpoint;

/// Which letters are meant. What is given must all fit; of several words for one thing, one must.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Ids of tasks, or of letters.
    pub ids: Vec<String>,
    /// Why they are dead.
    pub reasons: Vec<Kind>,
    /// What the last attempt was answered with.
    pub statuses: Vec<StatusPattern>,
    /// Where they call.
    pub hosts: Vec<HostPattern>,
    /// Their batches.
    pub batches: Vec<BatchId>,
    /// They died then or later.
    pub since: Option<Timestamp>,
    /// They died before.
    pub until: Option<Timestamp>,
    /// It is found anywhere in their line.
    pub grep: Option<Regex>,
}

/// Statuses: one (`422`), a hundred (`4xx`), or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusPattern {
    /// This one.
    One(u16),
    /// Those that begin with this digit.
    Hundred(u16),
    /// No answer came.
    None,
}

/// A text that is no status pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no status: use one like 422, a hundred like 4xx, or none")]
pub struct StatusError(String);

impl Filter {
    /// Whether it lets every letter through.
    pub fn is_everything(&self) -> bool {
        let Self { ids, reasons, statuses, hosts, batches, since, until, grep } = self;
        ids.is_empty()
            && reasons.is_empty()
            && statuses.is_empty()
            && hosts.is_empty()
            && batches.is_empty()
            && since.is_none()
            && until.is_none()
            && grep.is_none()
    }

    /// Whether a letter of this queue is meant.
    pub fn matches(&self, queue: &QueueName, found: &Found, letter: &Letter) -> bool {
        any(&self.ids, |id| is_called(id, found, letter))
            && any(&self.reasons, |kind| *kind == letter.kind())
            && any(&self.statuses, |pattern| pattern.covers(letter.status()))
            && any(&self.hosts, |pattern| calls(letter, pattern))
            && any(&self.batches, |batch| letter.envelope().is_some_and(|envelope| envelope.batch == *batch))
            && self.spans(letter.came_at(found.arrived))
            && self.grep.as_ref().is_none_or(|grep| grep.is_match(&Line::new(queue, found, letter).to_json()))
    }

    /// A letter of which nobody knows when it came is in no span of time.
    fn spans(&self, died_at: Option<Timestamp>) -> bool {
        match died_at {
            Some(at) => {
                self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
            }
            None => self.since.is_none() && self.until.is_none(),
        }
    }
}

/// Whether a letter is called so, by its task or by its backend.
pub fn is_called(id: &str, found: &Found, letter: &Letter) -> bool {
    found.id.0 == id || letter.envelope().is_some_and(|envelope| envelope.id.as_str() == id)
}

fn any<T>(wanted: &[T], fits: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}

fn calls(letter: &Letter, pattern: &HostPattern) -> bool {
    let endpoint = letter.envelope().and_then(|envelope| endpoint(&envelope.request.url));
    endpoint.is_some_and(|endpoint| pattern.covers(&endpoint.host, endpoint.port))
}

impl StatusPattern {
    fn covers(self, status: Option<u16>) -> bool {
        match self {
            Self::One(own) => status == Some(own),
            Self::Hundred(digit) => status.is_some_and(|status| status / 100 == digit),
            Self::None => status.is_none(),
        }
    }
}

impl FromStr for StatusPattern {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        let pattern = match text.strip_suffix("xx") {
            _ if text == "none" => Some(Self::None),
            Some(digit) => digit.parse().ok().filter(|digit| (1..=5).contains(digit)).map(Self::Hundred),
            None => text.parse().ok().filter(|status| (100..600).contains(status)).map(Self::One),
        };
        pattern.ok_or_else(|| StatusError(text.to_owned()))
    }
}
