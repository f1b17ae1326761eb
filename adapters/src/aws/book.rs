//! The deliveries given out: until when each is hidden, and how far its end has come.
//!
//! SQS says yes to deleting by a receipt that has run out, whether or not somebody else was given the message since.
//! So who was given a delivery must know by itself when it is no longer theirs. And a settlement is several requests,
//! any of which may fail: what was done is noted here, so that settling again goes on from there.

use std::collections::HashMap;
use std::sync::Mutex;

use jobq_core::delivery::Receipt;
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;

use super::store::locked;

/// How many deliveries are kept before the first sweep.
const FEW: usize = 1_024;

/// The deliveries given out by one handle. Those that have run out are swept, so there are at most twice as many as
/// SQS keeps in flight.
#[derive(Debug, Default)]
pub(super) struct Book {
    held: HashMap<Receipt, Held>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Held {
    lane: Priority,
    hidden_until: Timestamp,
    stage: Stage,
    /// Which of its children are sent.
    sent: Vec<usize>,
    claimed: bool,
}

/// How far a delivery's end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is hidden from others, and nothing has been done yet.
    Hidden,
    /// Its children are counted as known; some may be durable.
    Growing,
    /// Its copy or letter is durable, or all its children are.
    Copied,
    /// It is counted, if its batch counts it.
    Counted,
    /// If that was the end of its batch, it is told: the message may be deleted.
    Told,
    /// All of it is done.
    Ended,
}

impl Book {
    /// Notes a delivery that came by this lane.
    pub(super) fn hold(&mut self, receipt: Receipt, lane: Priority, hidden_until: Timestamp, now: Timestamp) {
        if self.held.len() >= self.sweep_at.max(FEW) {
            self.held.retain(|_, held| held.hidden_until > now || held.claimed);
            self.sweep_at = self.held.len() * 2;
        }
        let held = Held { lane, hidden_until, stage: Stage::Hidden, sent: Vec::new(), claimed: false };
        self.held.insert(receipt, held);
    }

    /// The lane that a delivery came by, if it was given out here. That isn't always the lane of its task: before there
    /// were lanes, all tasks came by one.
    pub(super) fn lane(&self, receipt: &Receipt) -> Option<Priority> {
        self.held.get(receipt).map(|held| held.lane)
    }

    /// How far a delivery's end has come; none if it isn't ours any more. What has been begun may be ended even when
    /// its time is up: its copy is there, and what is left to do can only make it one again.
    pub(super) fn stage(&self, receipt: &Receipt, now: Timestamp) -> Option<Stage> {
        let held = self.held.get(receipt)?;
        (held.hidden_until > now || held.stage != Stage::Hidden).then_some(held.stage)
    }

    /// Notes that a delivery is hidden until then.
    pub(super) fn renew(&mut self, receipt: &Receipt, hidden_until: Timestamp) {
        if let Some(held) = self.held.get_mut(receipt) {
            held.hidden_until = hidden_until;
        }
    }

    fn claim(&mut self, receipt: &Receipt, now: Timestamp) -> Option<Stage> {
        let stage = self.stage(receipt, now)?;
        let held = self.held.get_mut(receipt)?;
        let is_free = !std::mem::replace(&mut held.claimed, true);
        is_free.then_some(stage)
    }
}

/// A delivery that one settlement alone may end.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    book: &'a Mutex<Book>,
    receipt: &'a Receipt,
    stage: Stage,
}

impl<'a> Claim<'a> {
    /// Claims a delivery; none if it isn't ours any more or somebody else is ending it.
    pub(super) fn make(book: &'a Mutex<Book>, receipt: &'a Receipt, now: Timestamp) -> Option<Self> {
        let stage = locked(book).claim(receipt, now)?;
        Some(Self { book, receipt, stage })
    }

    /// How far its end has come.
    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// Which of its children are sent.
    pub(super) fn sent(&self) -> Vec<usize> {
        locked(self.book).held.get(self.receipt).map(|held| held.sent.clone()).unwrap_or_default()
    }

    /// Notes that a child is sent: who settles it again doesn't send it again.
    pub(super) fn send(&mut self, child: usize) {
        if let Some(held) = locked(self.book).held.get_mut(self.receipt) {
            held.sent.push(child);
        }
    }

    /// Notes how far its end has come, for who settles it again too.
    pub(super) fn reach(&mut self, stage: Stage) {
        self.stage = stage;
        if let Some(held) = locked(self.book).held.get_mut(self.receipt) {
            held.stage = stage;
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut book = locked(self.book);
        if self.stage == Stage::Ended {
            book.held.remove(self.receipt);
        } else if let Some(held) = book.held.get_mut(self.receipt) {
            held.claimed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Who may settle what, and that the book doesn't grow.

    use super::*;

    fn receipt(name: &str) -> Receipt {
        Receipt(name.to_owned())
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn book() -> Mutex<Book> {
        let book = Mutex::new(Book::default());
        locked(&book).hold(receipt("a"), Priority::Normal, at(30), at(0));
        book
    }

    #[test]
    fn a_delivery_is_ours_until_its_time_is_up() {
        let book = book();
        assert!(Claim::make(&book, &receipt("b"), at(1)).is_none());
        assert!(Claim::make(&book, &receipt("a"), at(29)).is_some());
        assert!(Claim::make(&book, &receipt("a"), at(30)).is_none());
        locked(&book).renew(&receipt("a"), at(60));
        assert!(Claim::make(&book, &receipt("a"), at(30)).is_some());
    }

    #[test]
    fn only_one_ends_it_and_only_once() {
        let (book, a) = (book(), receipt("a"));
        let mut first = Claim::make(&book, &a, at(1)).unwrap();
        assert!(Claim::make(&book, &a, at(1)).is_none());
        first.reach(Stage::Ended);
        drop(first);
        assert!(Claim::make(&book, &a, at(1)).is_none());
    }

    #[test]
    fn what_was_begun_goes_on_where_it_was_even_late() {
        let (book, a) = (book(), receipt("a"));
        Claim::make(&book, &a, at(1)).unwrap().reach(Stage::Copied);
        assert_eq!(Claim::make(&book, &a, at(99)).unwrap().stage(), Stage::Copied);
    }

    #[test]
    fn what_has_run_out_is_swept() {
        let book = Mutex::new(Book::default());
        for second in 0..100_000 {
            locked(&book).hold(receipt(&second.to_string()), Priority::Bulk, at(second + 30), at(second));
        }
        assert!(locked(&book).held.len() <= FEW);
    }
}
