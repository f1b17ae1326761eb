//! A batch's counts by queue, so that they add up to all of it whoever has counted.

use std::collections::BTreeMap;

use crate::batch::{Stage, Tally};
use crate::name::QueueName;

/// The counts of each queue, in the order of their names, from what was counted of each and in all. What a program counted
/// that knows no queues, one of an older version, stands with the queue that the batch was pushed to.
pub fn stages(all: Tally, pushed_to: &QueueName, counted: Vec<Stage>) -> Vec<Stage> {
    let mut tallies: BTreeMap<QueueName, Tally> = BTreeMap::new();
    for Stage { queue, mut tally } in counted {
        // Whoever sent them didn't count by queue.
        tally.known = tally.known.max(ended(tally));
        tallies.insert(queue, tally);
    }
    let rest = tallies.values().fold(all, |rest, tally| Tally {
        known: rest.known.saturating_sub(tally.known),
        done: rest.done.saturating_sub(tally.done),
        dead: rest.dead.saturating_sub(tally.dead),
        skipped: rest.skipped.saturating_sub(tally.skipped),
    });
    if rest != Tally::default() {
        let own = tallies.entry(pushed_to.clone()).or_default();
        own.known += rest.known;
        own.done += rest.done;
        own.dead += rest.dead;
        own.skipped += rest.skipped;
    }
    let stages = tallies.into_iter().map(|(queue, tally)| Stage { queue, tally });
    stages.filter(|stage| stage.tally != Tally::default()).collect()
}

fn ended(tally: Tally) -> u64 {
    tally.done.saturating_add(tally.dead).saturating_add(tally.skipped)
}

#[cfg(test)]
mod tests {
    //! What older programs counted, before and at the same time.

    use super::*;

    /// Counts as known, done, dead, by queue.
    fn check(all: [u64; 3], counted: &[(&str, [u64; 3])], expected: &[(&str, [u64; 3])]) {
        let tally = |[known, done, dead]: [u64; 3]| Tally { known, done, dead, skipped: 0 };
        let stage = |(queue, counts): &(&str, [u64; 3])| Stage {
            queue: queue.parse().unwrap(),
            tally: tally(*counts),
        };
        let found = stages(tally(all), &"lists".parse().unwrap(), counted.iter().map(stage).collect());
        assert_eq!(found, expected.iter().map(stage).collect::<Vec<_>>());
    }

    #[test]
    fn queues_add_up_to_all_of_the_batch() {
        check([0, 0, 0], &[], &[]);
        check(
            [3, 1, 0],
            &[("items", [2, 0, 0]), ("lists", [1, 1, 0])],
            &[("items", [2, 0, 0]), ("lists", [1, 1, 0])],
        );
        // All of it, or a part, was counted before.
        check([61, 40, 1], &[], &[("lists", [61, 40, 1])]);
        check([61, 41, 1], &[("items", [0, 1, 0])], &[("items", [1, 1, 0]), ("lists", [60, 40, 1])]);
    }
}
