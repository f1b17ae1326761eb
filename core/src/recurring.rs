//! Recurring pushes: what is pushed again and again, and what each time is called.

use std::path::PathBuf;

use crate::name::{BatchId, PushName, QueueName};
use crate::opening::times::Times;
use crate::time::Timestamp;

/// A push that comes at certain times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurringPush {
    /// Its name.
    pub name: PushName,
    /// Where its tasks go.
    pub queue: QueueName,
    /// What is pushed.
    pub what: What,
    /// When.
    pub times: Times,
}

/// What a recurring push pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The tasks of a file, as they are at that time; its path begins where jobq.toml lies.
    File(PathBuf),
    /// One task: a GET of this url.
    Url(String),
}

impl RecurringPush {
    /// The batch of one of its times, the same for whoever makes it: so that pushing twice sends nothing twice.
    pub fn batch(&self, time: Timestamp) -> BatchId {
        batch(&self.name, time)
    }
}

/// The batch of one time of a push: `nightly-20261126T020000Z`.
#[expect(
    clippy::expect_used,
    reason = "a push name has at most 60 characters, all of them allowed in a batch's name"
)]
pub(crate) fn batch(push: &PushName, time: Timestamp) -> BatchId {
    let digits: String = time.to_string().chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{push}-{digits}Z").parse().expect("a push name and digits are a batch's name")
}

#[cfg(test)]
mod tests {
    //! What batches are called.

    use super::*;

    #[test]
    fn a_batch_is_named_after_its_push_and_its_time() {
        let time = Timestamp::parse("2026-11-26T02:00:00Z").unwrap();
        assert_eq!(batch(&"nightly".parse().unwrap(), time).as_str(), "nightly-20261126T020000Z");
        let longest = "x".repeat(60).parse().unwrap();
        assert_eq!(batch(&longest, time).as_str().len(), 77);
    }
}
