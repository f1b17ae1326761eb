//! The minutes of one day at which a queue is open.

/// How many minutes a day has: in UTC always, elsewhere unless clocks are changed. Leap seconds are not counted.
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

    /// The first minute from `from` on that isn't in the set.
    pub(super) fn first_gap(&self, from: u64) -> Option<u64> {
        let gap = |(at, word): (u64, u64)| {
            let passed = from.saturating_sub(at * WORD);
            let gaps = if passed < WORD { !word & (u64::MAX << passed) } else { 0 };
            (gaps != 0).then(|| at * WORD + u64::from(gaps.trailing_zeros()))
        };
        (0..).zip(self.0).find_map(gap).filter(|minute| *minute < A_DAY)
    }

    /// Takes in the minutes of `other`, each `by` minutes later, as far as they lie in this day.
    pub(super) fn add_moved(&mut self, other: &Self, by: i64) {
        let (words, bits) = (by.div_euclid(WORD.cast_signed()), by.rem_euclid(WORD.cast_signed()));
        let word = |at: i64| usize::try_from(at).ok().and_then(|at| other.0.get(at).copied()).unwrap_or(0);
        for (at, own) in (0..).zip(&mut self.0) {
            let (low, high) = (word(at - words - 1), word(at - words));
            *own |= if bits == 0 { high } else { high << bits | low >> (WORD.cast_signed() - bits) };
        }
    }

    /// Takes in the minutes from `from` to before `to`, as far as this day goes.
    pub(super) fn fill(&mut self, from: u64, to: u64) {
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
