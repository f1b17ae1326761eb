//! What an autoscaler works with.

use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::fleet::Fleet;
use jobq_core::ports::history::History;
use jobq_core::ports::ledger::Ledger;

/// The ports an autoscaler works with, as one argument.
pub trait World {
    /// Measures the queues.
    type Depth: Depth;
    /// Tells how many tasks arrive.
    type History: History;
    /// Keeps the limits' documents.
    type Ledger: Ledger;
    /// Caps and starts drainers.
    type Fleet: Fleet;
    /// Tells the time.
    type Clock: Clock;

    /// The queues' measure.
    fn depth(&self) -> &Self::Depth;
    /// The queues' past.
    fn history(&self) -> &Self::History;
    /// The ledger.
    fn ledger(&self) -> &Self::Ledger;
    /// The drainers.
    fn fleet(&self) -> &Self::Fleet;
    /// The clock.
    fn clock(&self) -> &Self::Clock;
}
