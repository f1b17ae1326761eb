//! Grouping: items one after another into chunks that pass neither a count nor a size.
//!
//! Every service that takes several messages in one write limits both. The order is kept, so that a place
//! in the source can be stored with each chunk.

use std::num::NonZeroUsize;

/// What one chunk may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Items.
    pub count: NonZeroUsize,
    /// The sum of their sizes, in bytes.
    pub bytes: NonZeroUsize,
}

/// Groups items into chunks.
#[derive(Debug)]
pub struct Chunks<T> {
    limits: Limits,
    open: Vec<T>,
    bytes: usize,
}

/// An item larger than a whole chunk may be. It was left out; the chunk stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are more than the {limit} one write may hold")]
pub struct TooLarge {
    /// The item's size.
    pub bytes: usize,
    /// What a chunk may hold.
    pub limit: usize,
}

impl<T> Chunks<T> {
    /// No chunk yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, open: Vec::new(), bytes: 0 }
    }

    /// Adds an item. If it doesn't fit the open chunk, it begins the next one and the answer is the closed one.
    pub fn add(&mut self, item: T, bytes: usize) -> Result<Option<Vec<T>>, TooLarge> {
        let limit = self.limits.bytes.get();
        if bytes > limit {
            return Err(TooLarge { bytes, limit });
        }
        let full = self.open.len() >= self.limits.count.get() || bytes > limit - self.bytes;
        let closed = full.then(|| self.close());
        self.open.push(item);
        self.bytes += bytes;
        Ok(closed)
    }

    /// Closes the open chunk and answers it; it may be empty.
    pub fn close(&mut self) -> Vec<T> {
        // The next chunk will most likely be as long as this one.
        let next = Vec::with_capacity(self.open.len());
        self.bytes = 0;
        std::mem::replace(&mut self.open, next)
    }
}

#[cfg(test)]
mod tests {
    //! No chunk passes a limit, nothing is lost or reordered, and no chunk is closed without need.

    use proptest::prelude::{Just, Strategy, any, prop};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn limits(count: usize, bytes: usize) -> Limits {
        Limits { count: NonZeroUsize::new(count).unwrap(), bytes: NonZeroUsize::new(bytes).unwrap() }
    }

    fn grouped(limits: Limits, sizes: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
        let mut chunks = Chunks::new(limits);
        let (mut closed, mut refused) = (Vec::new(), Vec::new());
        for &size in sizes {
            match chunks.add(size, size) {
                Ok(chunk) => closed.extend(chunk),
                Err(error) => refused.push(error.bytes),
            }
        }
        closed.push(chunks.close());
        (closed, refused)
    }

    #[test]
    fn closes_by_count_and_by_bytes() {
        let (by_count, _) = grouped(limits(2, 100), &[1, 2, 3, 4, 5]);
        assert_eq!(by_count, [vec![1, 2], vec![3, 4], vec![5]]);
        let (by_bytes, _) = grouped(limits(9, 10), &[6, 4, 1, 10, 0]);
        assert_eq!(by_bytes, [vec![6, 4], vec![1], vec![10, 0]]);
    }

    #[test]
    fn refuses_what_no_chunk_can_hold_and_goes_on() {
        let (closed, refused) = grouped(limits(9, 10), &[5, 11, 5]);
        assert_eq!((closed, refused), (vec![vec![5, 5]], vec![11]));
    }

    fn cases() -> impl Strategy<Value = (Limits, Vec<usize>)> {
        let size = proptest::prop_oneof![0_usize..20, any::<u16>().prop_map(usize::from), Just(usize::MAX)];
        let sizes = prop::collection::vec(size, 0..60);
        (1_usize..9, 1_usize..200, sizes).prop_map(|(count, bytes, sizes)| (limits(count, bytes), sizes))
    }

    proptest! {
        #[test]
        fn chunks_keep_order_and_limits((limits, sizes) in cases()) {
            let (closed, _) = grouped(limits, &sizes);
            let fitting: Vec<usize> = sizes.into_iter().filter(|size| *size <= limits.bytes.get()).collect();
            prop_assert_eq!(closed.concat(), fitting);
            for chunk in &closed {
                prop_assert!(chunk.len() <= limits.count.get());
                prop_assert!(chunk.iter().sum::<usize>() <= limits.bytes.get());
            }
            for pair in closed.windows(2) {
                let would_be = pair[0].iter().sum::<usize>() + pair[1][0];
                prop_assert!(pair[0].len() == limits.count.get() || would_be > limits.bytes.get());
            }
        }
    }
}
