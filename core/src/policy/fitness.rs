//! What of a checked configuration can't work all the same, or hardly does what was meant; and what was done to a limit
//! by hand.
//!
//! `limit` and `queue` judge what jobq.toml says, `steered` what a limit's document says beside it. Each remark tells
//! what to type.

pub mod limit;
pub mod queue;
pub mod steered;

/// One thing to say about a limit or a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// What it is about: `limit hermes`, `queue troops`.
    pub subject: String,
    /// How it is.
    pub what: String,
    /// What to type or do.
    pub remedy: String,
}

/// How much a remark matters, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It may well be meant so.
    Note,
    /// Somebody should have a look: it works, and hardly as it was meant.
    Look,
    /// It doesn't work.
    Wrong,
}
