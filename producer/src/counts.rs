//! How far a pass over a source is, and what it has to say on the way.

use jobq_core::written::problem::Refused;

/// What a pass has seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Lines read, blank ones and those of an earlier run among them.
    pub lines: u64,
    /// Tasks sent in this run, or found good where nothing is sent.
    pub tasks: u64,
    /// How many of the tasks were dead letters when they were written down.
    pub letters: u64,
    /// Tasks left out in this run because their like was sent before.
    pub duplicates: u64,
    /// How many of the tasks went to bulk because there are so many.
    pub to_bulk: u64,
    /// Lines refused in this run.
    pub refused: u64,
    /// Bytes of the source read.
    pub bytes: u64,
}

/// What a pass says on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A line was refused. It comes once for each.
    Refused(Refused),
    /// The pass has come this far. It comes after each load sent.
    Progress {
        /// What was seen so far.
        counts: Counts,
        /// How many bytes there are in all, where that can be known.
        bytes_total: Option<u64>,
    },
}
