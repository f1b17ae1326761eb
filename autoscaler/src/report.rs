//! What a tick saw, decided and did, for a line in the log and for metrics.

use jobq_core::fault::Fault;
use jobq_core::name::LimitName;
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::scale::decide::Decision;
use jobq_core::policy::scale::reading::Reading;

/// What became of one limit in a tick.
#[derive(Debug)]
pub struct Report {
    /// Which limit.
    pub limit: LimitName,
    /// What was decided; or why nothing could be.
    pub outcome: Result<Scaled, Fault>,
}

/// A decision that holds, and from what it was made.
#[derive(Debug)]
pub struct Scaled {
    /// What was read.
    pub reading: Reading,
    /// What was decided; [`Decision::reason`] tells people why.
    pub decision: Decision,
    /// The limit's document, the decision in it.
    pub state: LimitState,
    /// What could not be read or done. The next tick makes it good.
    pub faults: Vec<Fault>,
}
