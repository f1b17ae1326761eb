//! Chance that a seed decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of numbers that a seed decides. Clones draw from the same row.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: Arc<AtomicU64>,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: Arc::new(AtomicU64::new(seed)) }
    }

    /// The next number (splitmix64; Steele, Lea and Flood, 2014).
    fn next(&self) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in `times`, on average; never for 0.
    pub(crate) fn once_in(&self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }

    /// A number in 0..1.
    pub(crate) fn share(&self) -> f64 {
        self.below(1 << 32) as f64 / (1u64 << 32) as f64
    }
}
