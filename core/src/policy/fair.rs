//! Fair order between the queues of a limit and the lanes of a queue: by weight, and work-conserving.

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

/// What a place that tasks come from asks for, of what may be in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The number of its queue; lanes of one queue have the same.
    pub queue: usize,
    /// The weight of its queue beside other queues.
    pub weight: u32,
    /// The weight of its lane beside others of its queue.
    pub lane: u32,
    /// Whether it has more tasks than it brings, as far as is known.
    pub is_full: bool,
}

/// The part of `total` that falls to each of the claims, in their order: by the weights of queues, and in each by those of
/// lanes, rounded up so that each has some.
///
/// Only what is full takes a part from others. So one whose tasks trickle in may have its own part at any moment, and what
/// it doesn't use is used by others: their sum may be more than `total`, twice that at most with two claims.
pub fn shares(total: usize, claims: &[Claim]) -> Vec<usize> {
    let share = |own: &Claim| {
        let full = claims.iter().filter(|other| other.is_full);
        let lanes: u64 =
            full.clone().filter(|other| other.queue == own.queue).map(|other| u64::from(other.lane)).sum();
        let lanes = if own.is_full { lanes } else { lanes + u64::from(own.lane) };
        let mut queues = u64::from(own.weight);
        let mut latest = own.queue;
        // Lanes of a queue stand together: each queue is counted once.
        for other in full.filter(|other| other.queue != own.queue) {
            if other.queue != latest {
                queues += u64::from(other.weight);
            }
            latest = other.queue;
        }
        part(part(total, own.weight, queues), own.lane, lanes)
    };
    claims.iter().map(share).collect()
}

/// The part of `total` that falls to a `weight` among `weights` in all, rounded up.
fn part(total: usize, weight: u32, weights: u64) -> usize {
    let product = (total as u128) * u128::from(weight);
    usize::try_from(product.div_ceil(u128::from(weights.max(1)))).unwrap_or(total).min(total)
}

#[cfg(test)]
mod tests {
    //! Shares over a run of turns.

    use proptest::prelude::{any, prop};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn turns_follow_weights_and_skip_empty_queues() {
        let mut turns = Turns::new([3, 1]);
        let run: Vec<_> = (0..8).map(|_| turns.next(|_| true).unwrap()).collect();
        assert_eq!(run, [0, 0, 1, 0, 0, 0, 1, 0]);
        assert_eq!((0..4).map(|_| turns.next(|queue| queue == 1).unwrap()).collect::<Vec<_>>(), [1; 4]);
        assert_eq!(turns.next(|_| false), None);
    }

    fn claim(queue: usize, weight: u32, lane: u32, is_full: bool) -> Claim {
        Claim { queue, weight, lane, is_full }
    }

    #[test]
    fn every_queue_has_some() {
        let two = |total, a, b| shares(total, &[claim(0, a, 1, true), claim(1, b, 1, true)]);
        assert_eq!([two(100, 3, 1), two(1, 1, 99), two(0, 1, 1)], [vec![75, 25], vec![1, 1], vec![0, 0]]);
    }

    #[test]
    fn lanes_divide_what_falls_to_their_queue() {
        let lanes = |full: [bool; 3]| {
            let [high, normal, bulk] = full;
            let other = claim(1, 1, 1, true);
            let claims = [claim(0, 1, 64, high), claim(0, 1, 8, normal), claim(0, 1, 1, bulk), other];
            shares(200, &claims)
        };
        assert_eq!(lanes([true; 3]), [88, 11, 2, 100]);
        // What is urgent and comes now and then takes nothing from bulk until there is much of it.
        assert_eq!(lanes([false, false, true]), [99, 89, 100, 100]);
        assert_eq!(lanes([false; 3]), [100, 100, 100, 200]);
    }

    proptest! {
        /// Whatever came before: what is urgent waits for a few turns, and nothing that has tasks for more than a round.
        #[test]
        fn no_lane_starves(runs in prop::collection::vec((any::<[bool; 3]>(), 1_usize..200), 1..20)) {
            let mut turns = Turns::new(crate::task::Priority::ALL.map(crate::task::Priority::weight));
            for (has_tasks, length) in runs {
                let mut waited = [0; 3];
                for _ in 0..length {
                    let Some(served) = turns.next(|lane| has_tasks[lane]) else {
                        prop_assert_eq!(has_tasks, [false; 3]);
                        break;
                    };
                    prop_assert!(has_tasks[served], "an empty lane has no turn");
                    waited.iter_mut().for_each(|turns| *turns += 1);
                    waited[served] = 0;
                    let most = [4, 30, 2 * 73];
                    for lane in (0..3).filter(|lane| has_tasks[*lane]) {
                        prop_assert!(waited[lane] <= most[lane], "lane {lane} waited {waited:?}");
                    }
                }
            }
        }

        #[test]
        fn what_is_full_shares_all_there_is(
            total in 0_usize..2_000,
            queues in prop::collection::vec((1_u32..9, prop::collection::vec((1_u32..65, any::<bool>()), 1..4)), 1..5),
        ) {
            let claims: Vec<Claim> = queues.iter().enumerate().flat_map(|(queue, (weight, lanes))| {
                lanes.iter().map(move |(lane, full)| claim(queue, *weight, *lane, *full))
            }).collect();
            let shares = shares(total, &claims);
            let full: usize = shares.iter().zip(&claims).filter(|(_, claim)| claim.is_full).map(|(share, _)| share).sum();
            // Work-conserving: what is full could use all of it, and little more by rounding.
            prop_assert!(full >= total || claims.iter().all(|claim| !claim.is_full));
            prop_assert!(full <= total + 2 * claims.len());
            prop_assert!(shares.iter().all(|share| (total > 0) == (*share > 0) && *share <= total));
        }
    }
}
