//! The minutes of one day at which a queue is open.

/// How many minutes a day has: it is UTC, and leap seconds are not counted.
pub(super) const A_DAY: u64 = 24 * 60;

const WORD: u64 = 64;
const WORDS: usize = (24_usize * 60).div_ceil(64);

/// A set of minutes, counted from midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minutes([u64; WORDS]);

impl Minutes {
    /// The minutes before `end`; of none to all.
    pub(super) fn before(end: u64) -> Self {
        let mut minutes = Self([0; WORDS]);
        minutes.fill(0, end);
        minutes
    }

    /// The minutes in which something is on that begins at each of `starts`, which are in order, and lasts
    /// `length` minutes, as far as this day goes.
    pub(super) fn lasting(starts: impl Iterator<Item = u64>, length: u64) -> Self {
        let mut minutes = Self([0; WORDS]);
        let mut filled = 0;
        for start in starts {
            let end = start.saturating_add(length).min(A_DAY);
            minutes.fill(start.max(filled), end);
            filled = end;
        }
        minutes
    }

    /// Takes in the minutes of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// The first minute from `from` on that isn't in the set.
    pub(super) fn first_gap(&self, from: u64) -> Option<u64> {
        let gap = |(at, word): (u64, u64)| {
            let passed = from.saturating_sub(at * WORD);
            let gaps = if passed < WORD { !word & (u64::MAX << passed) } else { 0 };
            (gaps != 0).then(|| at * WORD + u64::from(gaps.trailing_zeros()))
        };
        (0..).zip(self.0).find_map(gap).filter(|minute| *minute < A_DAY)
    }

    fn fill(&mut self, from: u64, to: u64) {
        for (at, word) in (0..).zip(&mut self.0) {
            let first: u64 = at * WORD;
            let below = |minute: u64| match minute.saturating_sub(first) {
                bits @ 0..WORD => (1 << bits) - 1,
                _ => u64::MAX,
            };
            *word |= below(to) & !below(from);
        }
    }
}
