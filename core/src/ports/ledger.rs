//! The small, strongly consistent store of limit state and batch counts.

use std::future::Future;

use crate::batch::{Stage, Tally};
use crate::fault::Fault;
use crate::name::{BatchId, LimitName};
use crate::policy::calendar::state::LimitState;

/// Which writing of a document this is; 0 where there is none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version(pub u64);

/// A limit's document with its version.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Versioned {
    /// Which writing this is.
    pub version: Version,
    /// The document; the default one where there is none yet.
    pub state: LimitState,
}

/// What became of a compare-and-swap.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "it is looked at where it is made, and never kept")]
pub enum Swap {
    /// Written, durable; this is its version.
    Written(Version),
    /// Somebody else was faster, nothing was changed; this is what is there.
    Conflict(Versioned),
}

/// The small, strongly consistent store of limit state and batch counts.
pub trait Ledger: Send + Sync {
    /// Reads a limit's document: the latest one written by anybody.
    fn load(&self, limit: &LimitName) -> impl Future<Output = Result<Versioned, Fault>> + Send;

    /// Writes a limit's document if its version is still `expected`. A fault means that it may or may not
    /// have been written: load again.
    fn swap(
        &self,
        limit: &LimitName,
        expected: Version,
        next: &LimitState,
    ) -> impl Future<Output = Result<Swap, Fault>> + Send;

    /// Reads a batch's counts; `None` if there is no such batch.
    fn tally(&self, batch: &BatchId) -> impl Future<Output = Result<Option<Tally>, Fault>> + Send;

    /// Reads a batch's counts by queue, in the order of their names: of one moment, they add up to its tally. None of a batch
    /// of which nothing was sent, or that isn't there.
    fn stages(&self, batch: &BatchId) -> impl Future<Output = Result<Vec<Stage>, Fault>> + Send;
}
