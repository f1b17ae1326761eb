//! The attempt log: the calls that results and dead letters tell of, each once.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use crate::envelope::Envelope;
use crate::time::Timestamp;

/// What a result or a dead letter tells of one task's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The task.
    pub task: String,
    /// How many calls were started for it in all.
    pub calls: u32,
    /// When the latest of them were started, oldest first; fewer where the history keeps no more.
    pub starts: Vec<Timestamp>,
}

/// The calls of a time span, as stories tell them.
///
/// A story may be told twice: a result is written again where its drainer died before it settled the task, and what is
/// dead, sent back and then done is in the result's story too. So a call is known by its task and its start.
#[derive(Debug)]
pub struct AttemptLog {
    span: Range<Timestamp>,
    /// Start, in microseconds as results tell it, and task.
    calls: Vec<(u64, u64)>,
    /// Calls of which only the number is known, by task.
    unknown: BTreeMap<u64, u32>,
}

/// When calls were started, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Starts(Vec<Timestamp>);

impl From<&Envelope> for Story {
    fn from(envelope: &Envelope) -> Self {
        Self {
            task: envelope.id.as_str().to_owned(),
            calls: envelope.calls,
            starts: envelope.attempts.iter().map(|attempt| attempt.started_at).collect(),
        }
    }
}

impl AttemptLog {
    /// An empty log for calls that were started within `span`.
    pub fn new(span: Range<Timestamp>) -> Self {
        Self { span, calls: Vec::new(), unknown: BTreeMap::new() }
    }

    /// Takes in what is told of a task.
    pub fn add(&mut self, story: &Story) {
        let task = fingerprint(&story.task);
        let within = story.starts.iter().filter(|at| self.span.contains(at));
        self.calls.extend(within.map(|at| (at.as_micros(), task)));
        let told = u32::try_from(story.starts.len()).unwrap_or(u32::MAX);
        let untold = story.calls.saturating_sub(told);
        // They lie before the oldest that is told; if that is before the span, so are they.
        let oldest = story.starts.first();
        if untold > 0 && oldest.is_none_or(|oldest| self.span.start < *oldest) {
            let known = self.unknown.entry(task).or_default();
            *known = untold.max(*known);
        }
    }

    /// How many calls were started, within the span or before it, of which no time is known.
    pub fn unknown(&self) -> u64 {
        self.unknown.values().map(|calls| u64::from(*calls)).sum()
    }

    /// When the calls were started, each once.
    pub fn starts(mut self) -> Starts {
        self.calls.sort_unstable();
        self.calls.dedup();
        Starts(self.calls.into_iter().map(|(micros, _)| Timestamp::from_micros(micros)).collect())
    }
}

impl Starts {
    /// The instants in order.
    pub fn as_slice(&self) -> &[Timestamp] {
        &self.0
    }
}

impl FromIterator<Timestamp> for Starts {
    fn from_iter<I: IntoIterator<Item = Timestamp>>(starts: I) -> Self {
        let mut starts: Vec<Timestamp> = starts.into_iter().collect();
        starts.sort_unstable();
        Self(starts)
    }
}

/// Stands for a task: a million of them are kept. Two with the same one would have to be called in the same microsecond to
/// be taken for one.
fn fingerprint(task: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    task.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    //! Each call counts once, whoever tells of it and however often.

    use super::*;

    fn at(micros: u64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn story(task: &str, calls: u32, starts: &[u64]) -> Story {
        let starts = starts.iter().map(|micros| at(*micros)).collect();
        Story { task: task.to_owned(), calls, starts }
    }

    fn log(span: Range<u64>, stories: &[Story]) -> (Vec<u64>, u64) {
        let mut log = AttemptLog::new(at(span.start)..at(span.end));
        stories.iter().for_each(|story| log.add(story));
        let unknown = log.unknown();
        (log.starts().as_slice().iter().map(|at| at.as_micros()).collect(), unknown)
    }

    #[test]
    fn a_call_told_twice_counts_once_and_two_at_once_count_twice() {
        let dead = story("a", 2, &[5, 9]);
        let sent_back_and_done = story("a", 3, &[5, 9, 20]);
        assert_eq!(log(0..100, &[dead, sent_back_and_done, story("b", 1, &[9])]), (vec![5, 9, 9, 20], 0));
    }

    #[test]
    fn nanoseconds_are_told_by_some_and_not_by_others() {
        let mut precise = story("a", 1, &[]);
        precise.starts.push(Timestamp::from_nanos(5_999));
        assert_eq!(log(0..100, &[precise, story("a", 1, &[5])]).0, [5]);
    }

    #[test]
    fn the_span_holds_its_begin_and_not_its_end() {
        assert_eq!(log(5..9, &[story("a", 4, &[4, 5, 8, 9])]).0, [5, 8]);
    }

    #[test]
    fn calls_without_a_time_are_counted_where_they_may_lie_in_the_span() {
        assert_eq!(log(10..100, &[story("a", 5, &[20, 30])]).1, 3);
        assert_eq!(log(10..100, &[story("a", 5, &[20, 30]), story("a", 6, &[20, 30, 40])]).1, 3);
        assert_eq!(log(10..100, &[story("a", 5, &[9, 30])]).1, 0);
        assert_eq!(log(10..100, &[story("a", 2, &[])]).1, 2);
    }
}
