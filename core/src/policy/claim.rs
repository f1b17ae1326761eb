//! Claims: whether a task that somebody began to send before is one that was sent.
//!
//! Where a queue and what is remembered of it can't be written at once, a push first claims what it is about to send, then
//! sends it, then moves its batch's mark. The mark is what makes a claim good: a claim alone may be that of a push that was
//! killed before it had sent anything, and nothing may be lost by it.

use std::time::Duration;

use crate::batch::Mark;
use crate::name::BatchId;
use crate::time::Timestamp;

/// How long a claim holds whose batch's mark hasn't come to it: several times what a load takes to be sent.
pub const HELD: Duration = Duration::from_secs(30);

/// How long to wait before a claim is looked at again that may still become good.
const PAUSE: Duration = Duration::from_secs(1);

/// Who is about to send a task, or has sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The batch of the push.
    pub batch: BatchId,
    /// The line of its source.
    pub line: u64,
    /// When it was made.
    pub at: Timestamp,
    /// The first instant at which it is forgotten.
    pub until: Timestamp,
}

/// What a claim that is there means for one who wants to send the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The task was sent, or is by this very push.
    Duplicate,
    /// Whoever made it may still be sending: look again after this long.
    Wait(Duration),
    /// Whoever made it never came to send, or was this push at an earlier try, or it is forgotten: take it over.
    Free,
}

impl Claim {
    /// Whether its batch's mark is about to decide.
    pub fn asks_for_mark(&self, batch: &BatchId, now: Timestamp) -> bool {
        self.batch != *batch && self.until > now
    }

    /// What it means for the task at `line` of `batch`. `mark` is that of the claim's batch, if there is such a batch.
    pub fn judge(&self, batch: &BatchId, line: u64, mark: Option<&Mark>, now: Timestamp) -> Judgement {
        if self.until <= now {
            return Judgement::Free;
        }
        if self.batch == *batch {
            // Another line of the same source: this push sends it as well, or has.
            return if self.line == line { Judgement::Free } else { Judgement::Duplicate };
        }
        if mark.is_some_and(|mark| mark.complete || mark.lines >= self.line) {
            return Judgement::Duplicate;
        }
        if now < self.at.plus(HELD) { Judgement::Wait(PAUSE) } else { Judgement::Free }
    }
}

#[cfg(test)]
mod tests {
    //! A claim counts once what it claims is in the queue, and not before.

    use super::*;

    fn claim() -> Claim {
        let (at, until) = (Timestamp::from_secs(100), Timestamp::from_secs(1_000));
        Claim { batch: "a".parse().unwrap(), line: 7, at, until }
    }

    fn judged(batch: &str, line: u64, mark: Option<u64>, now: u64) -> Judgement {
        let mark = mark.map(|lines| Mark { lines, ..Mark::default() });
        claim().judge(&batch.parse().unwrap(), line, mark.as_ref(), Timestamp::from_secs(now))
    }

    #[test]
    fn what_its_batch_has_sent_is_a_duplicate_for_everybody() {
        assert_eq!(judged("b", 1, Some(7), 101), Judgement::Duplicate);
        assert_eq!(judged("b", 1, Some(7), 999), Judgement::Duplicate);
        let whole = Mark { lines: 6, complete: true, ..Mark::default() };
        let judged = claim().judge(&"b".parse().unwrap(), 1, Some(&whole), Timestamp::from_secs(101));
        assert_eq!(judged, Judgement::Duplicate);
    }

    #[test]
    fn what_its_batch_has_not_sent_is_waited_for_and_then_taken_over() {
        for mark in [None, Some(0), Some(6)] {
            assert_eq!(judged("b", 1, mark, 101), Judgement::Wait(PAUSE));
            assert_eq!(judged("b", 1, mark, 129), Judgement::Wait(PAUSE));
            assert_eq!(judged("b", 1, mark, 130), Judgement::Free, "p1: whoever claimed it is dead");
        }
    }

    #[test]
    fn a_push_that_goes_on_sends_what_it_had_claimed() {
        assert_eq!(judged("a", 7, Some(0), 101), Judgement::Free);
        assert_eq!(judged("a", 9, Some(0), 101), Judgement::Duplicate);
    }

    #[test]
    fn what_is_over_is_forgotten() {
        assert_eq!(judged("b", 1, Some(7), 1_000), Judgement::Free);
        assert_eq!(judged("a", 9, Some(7), 1_000), Judgement::Free);
        assert!(!claim().asks_for_mark(&"b".parse().unwrap(), Timestamp::from_secs(1_000)));
    }
}
