//! What happens to calls.

use std::time::Duration;

use super::metric::Metric;
use super::telling::{Amount, Key, Level, Measure, Measures, Telling, Told, beginning};
use crate::name::QueueName;

/// A call was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallStarted {
    /// For a task of this queue.
    pub queue: QueueName,
}

/// A call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallEnded {
    /// For a task of this queue.
    pub queue: QueueName,
    /// The status, or why there was no answer.
    pub answer: Result<u16, String>,
    /// How long it took.
    pub latency: Duration,
}

/// What statuses are counted by: there are too many of them, and an API may make up its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// 100 to 199.
    Informational,
    /// 200 to 299.
    Success,
    /// 300 to 399.
    Redirection,
    /// 400 to 499.
    ClientError,
    /// 500 to 599.
    ServerError,
    /// Any other number.
    Other,
    /// No answer came.
    None,
}

impl StatusClass {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Informational,
        Self::Success,
        Self::Redirection,
        Self::ClientError,
        Self::ServerError,
        Self::Other,
        Self::None,
    ];

    /// The class of a status.
    pub fn of(status: u16) -> Self {
        match status / 100 {
            1 => Self::Informational,
            2 => Self::Success,
            3 => Self::Redirection,
            4 => Self::ClientError,
            5 => Self::ServerError,
            _ => Self::Other,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirection => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
            Self::Other => "other",
            Self::None => "none",
        }
    }
}

impl Telling for CallStarted {
    fn name(&self) -> &'static str {
        "call_started"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        vec![(Key::Queue, Told::Text(self.queue.as_str()))]
    }

    fn counts(&self) -> Measures<'_> {
        Measure::one(Metric::CallsStarted).of(&self.queue).alone()
    }
}

impl Telling for CallEnded {
    fn name(&self) -> &'static str {
        "call_ended"
    }

    fn level(&self) -> Level {
        Level::Debug
    }

    fn fields(&self) -> Vec<(Key, Told<'_>)> {
        let answer = match &self.answer {
            Ok(status) => (Key::Status, Told::Count((*status).into())),
            Err(error) => (Key::Error, beginning(error)),
        };
        vec![
            (Key::Queue, Told::Text(self.queue.as_str())),
            answer,
            (Key::Seconds, Told::Seconds(self.latency)),
        ]
    }

    fn counts(&self) -> Measures<'_> {
        let class = self.answer.as_ref().map_or(StatusClass::None, |status| StatusClass::of(*status));
        let ended = Measure::one(Metric::CallsEnded).of(&self.queue).by(class.as_str());
        let took = Measure::one(Metric::CallDuration).of(&self.queue).amount(Amount::Took(self.latency));
        [Some(ended), Some(took)]
    }
}
