//! How long calls take, by those that ended lately.

use std::time::Duration;

/// How many calls are remembered.
const KEPT: usize = 128;

/// How many calls end between two looks at all that are remembered.
const LOOK_EVERY: usize = 8;

/// What is known of how long calls take.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    mean: Duration,
    latest: Vec<Duration>,
    /// Where the next one goes.
    next: usize,
    nearly_all: Duration,
}

impl Latencies {
    /// A call that took `latency` has ended.
    pub fn add(&mut self, latency: Duration) {
        self.mean = if self.mean.is_zero() { latency } else { (self.mean * 7 + latency) / 8 };
        if self.latest.len() < KEPT {
            self.latest.push(latency);
        } else {
            self.latest[self.next] = latency;
        }
        self.next = (self.next + 1) % KEPT;
        // Sorting costs: while few have ended each counts, later it is done now and then.
        self.nearly_all = if self.latest.len() < LOOK_EVERY || self.next.is_multiple_of(LOOK_EVERY) {
            percentile_95(&self.latest)
        } else {
            self.nearly_all
        };
    }

    /// A moving average, the latest call weighing an eighth; zero if none has ended.
    pub fn mean(&self) -> Duration {
        self.mean
    }

    /// What nearly all of the last 128 calls took at most: their 95th percentile; zero if none has ended.
    pub fn nearly_all(&self) -> Duration {
        self.nearly_all
    }
}

fn percentile_95(latest: &[Duration]) -> Duration {
    let mut sorted = latest.to_vec();
    let rank = (sorted.len() * 95).div_ceil(100).saturating_sub(1);
    if sorted.is_empty() { Duration::ZERO } else { *sorted.select_nth_unstable(rank).1 }
}

#[cfg(test)]
mod tests {
    //! What is remembered, and for how long.

    use super::*;

    fn after(latencies: impl IntoIterator<Item = u64>) -> Latencies {
        let mut known = Latencies::default();
        latencies.into_iter().for_each(|millis| known.add(Duration::from_millis(millis)));
        known
    }

    #[test]
    fn the_95th_percentile_is_of_the_latest_calls() {
        assert_eq!(Latencies::default().nearly_all(), Duration::ZERO);
        assert_eq!(after([300]).nearly_all(), Duration::from_millis(300));
        assert_eq!(after([100, 900, 200]).nearly_all(), Duration::from_millis(900), "few calls say little");
        assert_eq!(after(1..=128).nearly_all(), Duration::from_millis(122));
        let quicker = (0..128).map(|_| 5_000).chain((0..128).map(|_| 50));
        assert_eq!(after(quicker).nearly_all(), Duration::from_millis(50), "what is long past is forgotten");
    }

    #[test]
    fn the_mean_follows_slowly() {
        assert_eq!(after([800]).mean(), Duration::from_millis(800));
        assert_eq!(after([800, 0]).mean(), Duration::from_millis(700));
    }
}
