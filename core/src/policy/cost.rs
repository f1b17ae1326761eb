//! What a batch has cost on AWS so far, about: from its counts, at list prices of us-east-1 in autumn 2026.
//!
//! Requests a task are those that `tests/tests/stack/cost.rs` counts; `docs/cost.md` tells what of it changes with what.

use crate::batch::Tally;
use crate::rate::Pace;
use crate::stack::{Architecture, Stack};

/// An SQS request, in dollars.
const SQS_REQUEST: f64 = 0.40e-6;

/// A write unit of DynamoDB.
const WRITE_UNIT: f64 = 0.625e-6;

/// A put of S3.
const S3_PUT: f64 = 5e-6;

/// A second of Lambda with 1 GB.
const fn gb_second(architecture: Architecture) -> f64 {
    match architecture {
        Architecture::Arm64 => 0.000_013_333_4,
        Architecture::X86 => 0.000_016_666_7,
    }
}

/// Requests for a task to come to a queue, or to its dead letters: they go in tens.
const SENDS: f64 = 0.1;

/// Requests for a task to be received and deleted, empty receives and counts among them: 0.312 counted in all, and its send
/// is not among these.
const ENDS: f64 = 0.212;

/// Write units for leases, marks and counts of a task that ends in about the order it was pushed.
const WRITES: f64 = 0.051;

/// Puts for an answer that goes with many others.
const PUTS: f64 = 0.001_4;

/// About what a batch has cost so far, by part, in dollars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Requests to SQS.
    pub sqs: f64,
    /// Writes to the ledger.
    pub ledger: f64,
    /// Puts of answers, as if each is kept.
    pub s3: f64,
    /// The time of one drainer at the limit's pace, as if Lambda has run it; nothing without a pace.
    pub lambda: f64,
}

impl Cost {
    /// What a batch of these counts has cost, if its tasks were called at this pace.
    pub fn so_far(tally: Tally, pace: Pace, stack: &Stack) -> Self {
        let Tally { known, done, dead, skipped } = tally;
        let [known, done, dead, skipped] = [known, done, dead, skipped].map(about);
        let (called, ended) = (done + dead, done + dead + skipped);
        let gigabytes = f64::from(stack.memory_mb) / 1_024.0;
        Self {
            sqs: ((known + dead) * SENDS + ended * ENDS) * SQS_REQUEST,
            ledger: ended * WRITES * WRITE_UNIT,
            s3: done * PUTS * S3_PUT,
            lambda: called * pace.interval().as_secs_f64() * gigabytes * gb_second(stack.architecture),
        }
    }

    /// All of it.
    pub fn total(self) -> f64 {
        self.sqs + self.ledger + self.s3 + self.lambda
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
fn about(tasks: u64) -> f64 {
    tasks as f64
}

#[cfg(test)]
mod tests {
    //! It is what the page of costs says.

    use super::*;

    #[test]
    fn a_million_at_fifty_a_second_costs_what_the_page_says() {
        let stack = Stack { memory_mb: 128, architecture: Architecture::Arm64, ..Stack::default() };
        let done = Tally { known: 1_000_000, done: 1_000_000, ..Tally::default() };
        let cost = Cost::so_far(done, "50/s".parse().unwrap(), &stack);
        let cents = [cost.sqs, cost.ledger, cost.s3, cost.lambda, cost.total()]
            .map(|part| (part * 1e3).round() / 10.0);
        assert_eq!(cents, [12.5, 3.2, 0.7, 3.3, 19.7]);
    }

    #[test]
    fn what_has_not_ended_was_only_sent() {
        let stack = Stack::default();
        let pushed = Tally { known: 1_000_000, ..Tally::default() };
        let cost = Cost::so_far(pushed, "50/s".parse().unwrap(), &stack);
        assert_eq!((cost.sqs * 1e3).round(), 40.0);
        assert_eq!((cost.ledger, cost.s3, cost.lambda), (0.0, 0.0, 0.0));
    }
}
