//! What an autoscaler looks after.

use jobq_core::limit::Limit;
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::queue::Queue;

/// A limit whose drainers are to be sized.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The limit.
    pub limit: Limit,
    /// All of its queues.
    pub queues: Vec<Queue>,
    /// How often it is looked at, and how long its drainers take to begin.
    pub tempo: Tempo,
}
