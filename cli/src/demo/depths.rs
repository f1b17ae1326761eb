//! How many tasks each queue holds, again and again.

use std::time::Duration;

use futures::future::try_join_all;
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::depth::Depth;

/// All queues at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    /// When it was, counted from the beginning.
    pub(super) at: Duration,
    /// How many tasks were ready, in flight or delayed, queue by queue.
    pub(super) depths: Vec<u64>,
}

impl Sample {
    /// Measures all queues.
    pub(super) async fn take(store: &impl Depth, queues: &[QueueName], at: Duration) -> Result<Self, Fault> {
        let measured = try_join_all(queues.iter().map(|queue| store.measure(queue))).await?;
        let depths = measured.iter().map(|depth| depth.ready + depth.in_flight + depth.delayed).collect();
        Ok(Self { at, depths })
    }

    /// How many tasks all queues held.
    pub(super) fn sum(&self) -> u64 {
        self.depths.iter().sum()
    }
}
