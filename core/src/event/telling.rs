//! What an event says of itself: its name, its level, its fields, and what it counts.

use std::time::Duration;

use super::metric::Metric;
use super::shown::Shown;
use crate::name::QueueName;

/// How much of a text from outside is told, in bytes: what a fault holds may be as long as an answer.
const TOLD_OF_A_TEXT: usize = 1_000;

/// How loud an event is, by who must act. The louder, the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Somebody must act.
    Error,
    /// Unexpected; it mends itself.
    Warn,
    /// A fact of life.
    Info,
    /// For who looks into it: every task and every call.
    Debug,
}

/// The name of a field. A closed list: whoever reads logs knows them all, and each means the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `limit`: the name of a limit.
    Limit,
    /// `queue`: the name of a queue.
    Queue,
    /// `into`: the name of the queue that tasks went to.
    Into,
    /// `batch`: the id of a batch.
    Batch,
    /// `drainer`: the id of a drainer.
    Drainer,
    /// `woken_by`: who had a function run: `autoscaler`, `push`, `clock` or `hand`.
    WokenBy,
    /// `drainers`: how many drainers.
    Drainers,
    /// `tasks`: how many tasks.
    Tasks,
    /// `slots`: how many slots of the calendar.
    Slots,
    /// `calls`: how many calls were started.
    Calls,
    /// `done`: how many tasks ended well.
    Done,
    /// `dead`: how many tasks died.
    Dead,
    /// `known`: how many tasks a batch has.
    Known,
    /// `skipped`: how many tasks were not called, because their batch was canceled.
    Skipped,
    /// `retried`: how many failed attempts are to be repeated.
    Retried,
    /// `duplicates`: how many tasks were left out because their like was sent before.
    Duplicates,
    /// `refused`: how many calls the API refused, or how many lines were.
    Refused,
    /// `released`: how many tasks were handed back without a call.
    Released,
    /// `stale`: how many settlements came too late.
    Stale,
    /// `forfeited`: how many slots passed without a call.
    Forfeited,
    /// `status`: the status of an answer.
    Status,
    /// `reason`: the kind of a death, or what a decision follows from.
    Reason,
    /// `start`: how many drainers are started now.
    Start,
    /// `set_cap`: to what the cap on drainers is set, if it is.
    SetCap,
    /// `coming`: how many drainers were started and not seen at work yet.
    Coming,
    /// `ending`: how many drainers end soon.
    Ending,
    /// `reading`: what was read of a limit.
    Reading,
    /// `why`: why there is no slot.
    Why,
    /// `line`: the number of a line in a task file.
    Line,
    /// `spent`: whether an attempt was spent.
    Spent,
    /// `share_is_one_of`: a drainer's own share is one of so many.
    ShareIsOneOf,
    /// `seconds`: how long it took.
    Seconds,
    /// `delay_seconds`: how long a task waits.
    DelaySeconds,
    /// `wait_seconds`: how long until there is a slot.
    WaitSeconds,
    /// `retry_in_seconds`: when an operation is tried again.
    RetryInSeconds,
    /// `text`: what was said to people.
    Text,
    /// `hint`: what to type or change.
    Hint,
    /// `error`: what went wrong, with its causes, in one line.
    Error,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Told<'a> {
    /// A word or a line.
    Text(&'a str),
    /// A number.
    Count(u64),
    /// Yes or no.
    Flag(bool),
    /// A length of time. It doesn't tell one event from another: two that differ in it alone are repeats.
    Seconds(Duration),
    /// A number that need not be whole.
    Fraction(f64),
    /// It isn't known, or there is none.
    Nothing,
    /// Several values, each with a name.
    Group(Vec<(&'static str, Told<'a>)>),
    /// Several values of a kind.
    List(Vec<Told<'a>>),
}

/// One thing that an event counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure<'a> {
    /// What is counted.
    pub metric: Metric,
    /// Of which queue, for a metric that is counted by queue.
    pub queue: Option<&'a QueueName>,
    /// One of the metric's own words, for a metric that has some.
    pub word: Option<&'static str>,
    /// How much.
    pub amount: Amount,
}

/// How much is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many more.
    More(u64),
    /// So many fewer, of what can be: a gauge.
    Fewer(u64),
    /// One that took so long: a histogram.
    Took(Duration),
}

/// What an event counts: at most two things, so that counting allocates nothing.
pub type Measures<'a> = [Option<Measure<'a>>; 2];

/// A kind of event.
pub trait Telling {
    /// What happened: a noun and a past verb.
    fn name(&self) -> &'static str;

    /// How loud it is.
    fn level(&self) -> Level;

    /// What else there is to it. Bounded in number and in size, whatever the outside says.
    fn fields(&self) -> Vec<(Key, Told<'_>)>;

    /// What it counts.
    fn counts(&self) -> Measures<'_> {
        [None; 2]
    }

    /// What it shows of its limit on CloudWatch.
    fn shows(&self) -> Vec<Shown> {
        Vec::new()
    }
}

/// As much of a text from outside as is told.
pub(super) fn beginning(text: &str) -> Told<'_> {
    let mut end = text.len().min(TOLD_OF_A_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Told::Text(&text[..end])
}

/// A number of things as it is told.
pub(super) fn count(number: usize) -> Told<'static> {
    Told::Count(u64::try_from(number).unwrap_or(u64::MAX))
}

impl<'a> Measure<'a> {
    /// One more of a metric that is counted as a whole.
    pub(super) fn one(metric: Metric) -> Self {
        Self { metric, queue: None, word: None, amount: Amount::More(1) }
    }

    /// The same by queue.
    pub(super) fn of(self, queue: &'a QueueName) -> Self {
        Self { queue: Some(queue), ..self }
    }

    /// The same by one of the metric's words.
    pub(super) fn by(self, word: &'static str) -> Self {
        Self { word: Some(word), ..self }
    }

    /// The same, so much.
    pub(super) fn amount(self, amount: Amount) -> Self {
        Self { amount, ..self }
    }

    /// The only thing that is counted.
    pub(super) fn alone(self) -> Measures<'a> {
        [Some(self), None]
    }
}

impl Level {
    /// All of them, the loudest first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warn, Self::Info, Self::Debug];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl Key {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 38] = [
        Self::Limit,
        Self::Queue,
        Self::Into,
        Self::Batch,
        Self::Drainer,
        Self::WokenBy,
        Self::Drainers,
        Self::Tasks,
        Self::Slots,
        Self::Calls,
        Self::Done,
        Self::Dead,
        Self::Known,
        Self::Skipped,
        Self::Retried,
        Self::Duplicates,
        Self::Refused,
        Self::Released,
        Self::Stale,
        Self::Forfeited,
        Self::Status,
        Self::Reason,
        Self::Start,
        Self::SetCap,
        Self::Coming,
        Self::Ending,
        Self::Reading,
        Self::Why,
        Self::Line,
        Self::Spent,
        Self::ShareIsOneOf,
        Self::Seconds,
        Self::DelaySeconds,
        Self::WaitSeconds,
        Self::RetryInSeconds,
        Self::Text,
        Self::Hint,
        Self::Error,
    ];

    /// Whether functions on AWS alone tell it: they need not say beforehand which fields there are.
    pub fn is_of_functions(self) -> bool {
        const OF_FUNCTIONS: [Key; 7] =
            [Key::Drainer, Key::WokenBy, Key::Start, Key::SetCap, Key::Coming, Key::Ending, Key::Reading];
        OF_FUNCTIONS.contains(&self)
    }

    /// The name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Queue => "queue",
            Self::Into => "into",
            Self::Batch => "batch",
            Self::Drainer => "drainer",
            Self::WokenBy => "woken_by",
            Self::Drainers => "drainers",
            Self::Tasks => "tasks",
            Self::Slots => "slots",
            Self::Calls => "calls",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Retried => "retried",
            Self::Known => "known",
            Self::Skipped => "skipped",
            Self::Duplicates => "duplicates",
            Self::Refused => "refused",
            Self::Released => "released",
            Self::Stale => "stale",
            Self::Forfeited => "forfeited",
            Self::Status => "status",
            Self::Reason => "reason",
            Self::Start => "start",
            Self::SetCap => "set_cap",
            Self::Coming => "coming",
            Self::Ending => "ending",
            Self::Reading => "reading",
            Self::Why => "why",
            Self::Line => "line",
            Self::Spent => "spent",
            Self::ShareIsOneOf => "share_is_one_of",
            Self::Seconds => "seconds",
            Self::DelaySeconds => "delay_seconds",
            Self::WaitSeconds => "wait_seconds",
            Self::RetryInSeconds => "retry_in_seconds",
            Self::Text => "text",
            Self::Hint => "hint",
            Self::Error => "error",
        }
    }
}
