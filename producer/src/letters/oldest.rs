//! The oldest of many, of which only so many are held at once.

use std::collections::BinaryHeap;

use jobq_core::time::Timestamp;

/// The oldest of what it was shown, at most so many. What can't be among them is never made.
#[derive(Debug)]
pub struct Oldest<T> {
    most: usize,
    shown: u64,
    /// The youngest of those kept on top.
    kept: BinaryHeap<Aged<T>>,
}

/// Something and its age: without a time it is the oldest, and of the same time who came first is.
#[derive(Debug)]
struct Aged<T> {
    age: (Option<Timestamp>, u64),
    what: T,
}

impl<T> Oldest<T> {
    /// Keeps at most so many.
    pub fn new(most: usize) -> Self {
        Self { most, shown: 0, kept: BinaryHeap::new() }
    }

    /// Shows it one more, which is made only if it is kept.
    pub fn show(&mut self, at: Option<Timestamp>, make: impl FnOnce() -> T) {
        let age = (at, self.shown);
        self.shown += 1;
        if self.kept.len() >= self.most {
            // The top of an empty heap is missing where nothing at all is kept.
            if self.kept.peek().is_none_or(|youngest| youngest.age <= age) {
                return;
            }
            self.kept.pop();
        }
        self.kept.push(Aged { age, what: make() });
    }

    /// How many it was shown.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// Those kept, the oldest first.
    pub fn into_sorted(self) -> Vec<T> {
        self.kept.into_sorted_vec().into_iter().map(|aged| aged.what).collect()
    }
}

impl<T> PartialEq for Aged<T> {
    fn eq(&self, other: &Self) -> bool {
        self.age == other.age
    }
}

impl<T> Eq for Aged<T> {}

impl<T> PartialOrd for Aged<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Aged<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.age.cmp(&other.age)
    }
}

#[cfg(test)]
mod tests {
    //! It is what sorting all of them and cutting would be.

    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_beginning_of_all_of_them_sorted(
            ages in proptest::collection::vec(proptest::option::of(0..20u64), 0..60),
            most in 0..70usize,
        ) {
            let mut oldest = Oldest::new(most);
            let mut made = 0;
            for (number, age) in ages.iter().enumerate() {
                oldest.show(age.map(Timestamp::from_secs), || { made += 1; number });
                prop_assert!(oldest.kept.len() <= most);
            }
            prop_assert_eq!(oldest.shown(), ages.len() as u64);
            prop_assert!(made <= ages.len());
            let mut all: Vec<usize> = (0..ages.len()).collect();
            all.sort_by_key(|number| ages[*number]);
            all.truncate(most);
            prop_assert_eq!(oldest.into_sorted(), all);
        }
    }

    #[test]
    fn what_is_too_young_is_not_made() {
        let mut oldest = Oldest::new(1);
        oldest.show(Some(Timestamp::from_secs(1)), || "old");
        oldest.show(Some(Timestamp::from_secs(2)), || unreachable!("it is younger than all that is kept"));
        assert_eq!((oldest.shown(), oldest.into_sorted()), (2, vec!["old"]));
    }
}
