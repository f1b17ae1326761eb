//! Letters: what lies in a dead-letter queue, whoever put it there.

use std::fmt;
use std::str::FromStr;

use crate::batch::Member;
use crate::dead_letter::{DeadLetter, Remains};
use crate::death::{Death, Reason};
use crate::envelope::Envelope;
use crate::time::Timestamp;

/// What a backend calls a letter in its dead-letter queue. Two letters never have the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetterId(pub String);

/// Something that lies in a dead-letter queue, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// A drainer wrote it: a task with its story.
    Written(Box<DeadLetter>),
    /// The backend moved it here by itself, because it was received again and again: a task without a story.
    Moved(Box<Envelope>),
    /// No letter of ours, as text.
    Foreign(String),
}

/// Which kind of letter it is: a reason, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A task died for this reason.
    Died(Reason),
    /// The backend moved it here by itself.
    Moved,
    /// It is no letter of ours.
    Foreign,
}

/// A word that names no kind of letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no reason: use {words}", words = words().join(", "))]
pub struct KindError(String);

impl Letter {
    /// Reads what lies in a dead-letter queue.
    pub fn read(body: &[u8]) -> Self {
        if let Some(letter) = DeadLetter::decode(body) {
            return Self::Written(Box::new(letter));
        }
        match Envelope::decode(body) {
            Ok(envelope) => Self::Moved(Box::new(envelope)),
            Err(_) => Self::Foreign(String::from_utf8_lossy(body).into_owned()),
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Written(letter) => Kind::Died(letter.reason),
            Self::Moved(_) => Kind::Moved,
            Self::Foreign(_) => Kind::Foreign,
        }
    }

    /// The task, if there is one.
    pub fn envelope(&self) -> Option<&Envelope> {
        match self {
            Self::Written(letter) => match &letter.remains {
                Remains::Envelope(envelope) => Some(envelope),
                Remains::Unreadable(_) => None,
            },
            Self::Moved(envelope) => Some(envelope),
            Self::Foreign(_) => None,
        }
    }

    /// What it says instead of a task.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Written(letter) => match &letter.remains {
                Remains::Envelope(_) => None,
                Remains::Unreadable(text) => Some(text),
            },
            Self::Moved(_) => None,
            Self::Foreign(text) => Some(text),
        }
    }

    /// The task that its batch counts as dead: none of what the backend moved by itself, or of what was no task.
    pub fn counted(&self) -> Option<Member> {
        let is_counted = matches!(self, Self::Written(_));
        self.envelope().filter(|_| is_counted).map(Envelope::member)
    }

    /// When it came into the dead-letter queue, as far as anybody can tell: what the backend moves by itself keeps the
    /// time at which it was pushed.
    pub fn came_at(&self, arrived: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Written(letter) => Some(letter.died_at),
            Self::Moved(_) => None,
            Self::Foreign(_) => arrived,
        }
    }

    /// One line for people on what has happened.
    pub fn detail(&self) -> &str {
        match self {
            Self::Written(letter) => &letter.detail,
            Self::Moved(_) => "received again and again without an end, until the backend moved it here",
            Self::Foreign(_) => "not a jobq dead letter",
        }
    }

    /// When the task was given up, if anybody wrote it down.
    pub fn died_at(&self) -> Option<Timestamp> {
        match self {
            Self::Written(letter) => Some(letter.died_at),
            Self::Moved(_) | Self::Foreign(_) => None,
        }
    }

    /// The status of the last attempt, if an answer came.
    pub fn status(&self) -> Option<u16> {
        self.envelope()?.attempts.last()?.status
    }

    /// The beginning of the last answer's body, if there was one.
    pub fn excerpt(&self) -> Option<&str> {
        match self {
            Self::Written(letter) => letter.excerpt.as_deref(),
            Self::Moved(_) | Self::Foreign(_) => None,
        }
    }

    /// The task made ready to be sent back at `now`; none if there is no task. What no program could read when it
    /// died may be a task to a newer one.
    pub fn revived(&self, now: Timestamp) -> Option<Envelope> {
        let readable = || Envelope::decode(self.text()?.as_bytes()).ok();
        let mut envelope = self.envelope().cloned().or_else(readable)?;
        envelope.revive(Death {
            died_at: self.died_at().unwrap_or(now),
            reason: match self.kind() {
                Kind::Died(reason) => Some(reason),
                Kind::Moved | Kind::Foreign => None,
            },
            detail: self.detail().to_owned(),
            sent_back_at: now,
        });
        Some(envelope)
    }
}

impl Kind {
    /// The word for it in output and filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Died(reason) => reason.as_str(),
            Self::Moved => "moved",
            Self::Foreign => "foreign",
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        Reason::ALL.into_iter().map(Self::Died).chain([Self::Moved, Self::Foreign])
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        Self::all().find(|kind| kind.as_str() == text).ok_or_else(|| KindError(text.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

fn words() -> Vec<&'static str> {
    Kind::all().map(Kind::as_str).collect()
}

#[cfg(test)]
mod tests {
    //! Whatever lies there is read as what it is.

    use std::time::Duration;

    use super::*;
    use crate::task::{Method, Priority, Request, Task};

    fn envelope() -> Envelope {
        let url = "https://api.example.com/x".to_owned();
        let request = Request { method: Method::Get, url, headers: Vec::new(), body: None };
        let id = "t-1".parse().unwrap();
        let task = Task { id, request, priority: Priority::Normal, delay: Duration::ZERO };
        Envelope::new(task, "b".parse().unwrap(), Timestamp::from_secs(1))
    }

    fn written(remains: Remains) -> Vec<u8> {
        let detail = "the API answered 404".to_owned();
        let died_at = Timestamp::from_secs(5);
        DeadLetter { reason: Reason::Rejected, detail, died_at, excerpt: None, remains }.encode()
    }

    #[test]
    fn everything_is_read_as_what_it_is() {
        let kind = |body: &[u8]| Letter::read(body).kind().to_string();
        assert_eq!(kind(&written(Remains::Envelope(Box::new(envelope())))), "rejected");
        assert_eq!(kind(&envelope().encode()), "moved");
        for foreign in ["", "{", "hello", r#"{"v":1}"#, "null", r#"{"reason":"rejected"}"#] {
            assert_eq!(Letter::read(foreign.as_bytes()), Letter::Foreign(foreign.to_owned()));
        }
    }

    #[test]
    fn every_word_reads_back() {
        for kind in Kind::all() {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        let error = "gone".parse::<Kind>().unwrap_err().to_string();
        assert!(error.contains("rejected, exhausted") && error.ends_with("moved, foreign"), "{error}");
    }

    #[test]
    fn what_a_newer_program_can_read_goes_back_as_a_task() {
        let now = Timestamp::from_secs(9);
        let text = String::from_utf8(envelope().encode()).unwrap();
        let bodies = [
            written(Remains::Envelope(Box::new(envelope()))),
            written(Remains::Unreadable(text)),
            envelope().encode(),
        ];
        for body in bodies {
            let revived = Letter::read(&body).revived(now).unwrap();
            assert_eq!((revived.id.as_str(), revived.waiting_since()), ("t-1", now));
        }
        assert_eq!(Letter::read(b"hello").revived(now), None);
    }
}
