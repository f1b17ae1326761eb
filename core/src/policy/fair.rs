//! Fair order between the queues of a limit: by weight, and work-conserving.

/// Whose turn it is, by smooth weighted round-robin: over any run of turns each queue that has tasks gets its
/// share of them, as evenly spread as can be (the algorithm of nginx's upstream balancer).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turns {
    weights: Vec<i64>,
    credit: Vec<i64>,
}

impl Turns {
    /// Turns among queues of these weights.
    pub fn new(weights: impl IntoIterator<Item = u32>) -> Self {
        let weights: Vec<i64> = weights.into_iter().map(i64::from).collect();
        Self { credit: vec![0; weights.len()], weights }
    }

    /// The queue whose turn it is among those for which `has_tasks` holds; `None` if it holds for none.
    pub fn next(&mut self, has_tasks: impl Fn(usize) -> bool) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<usize> = None;
        for queue in (0..self.weights.len()).filter(|queue| has_tasks(*queue)) {
            self.credit[queue] += self.weights[queue];
            total += self.weights[queue];
            if best.is_none_or(|best| self.credit[queue] > self.credit[best]) {
                best = Some(queue);
            }
        }
        self.credit[best?] -= total;
        best
    }
}

/// The part of `total` that falls to one queue of `weight` beside others whose weights, its own among them,
/// add up to `weights`: rounded up, so that every queue has some.
pub fn share(total: usize, weight: u32, weights: u64) -> usize {
    let product = (total as u128) * u128::from(weight);
    usize::try_from(product.div_ceil(u128::from(weights.max(1)))).unwrap_or(total).min(total)
}

#[cfg(test)]
mod tests {
    //! Shares over a run of turns.

    use super::*;

    #[test]
    fn turns_follow_weights_and_skip_empty_queues() {
        let mut turns = Turns::new([3, 1]);
        let run: Vec<_> = (0..8).map(|_| turns.next(|_| true).unwrap()).collect();
        assert_eq!(run, [0, 0, 1, 0, 0, 0, 1, 0]);
        assert_eq!((0..4).map(|_| turns.next(|queue| queue == 1).unwrap()).collect::<Vec<_>>(), [1; 4]);
        assert_eq!(turns.next(|_| false), None);
    }

    #[test]
    fn every_queue_has_some() {
        assert_eq!([share(100, 3, 4), share(100, 1, 4), share(1, 1, 100), share(0, 1, 2)], [75, 25, 1, 0]);
    }
}
