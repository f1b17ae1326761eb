//! A ledger that one drainer can't reach for a while, though others may.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jobq_core::batch::{Stage, Tally};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, LimitName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::time::Timestamp;

use crate::faulty::Faulty;

/// The way of one drainer to the ledger.
#[derive(Clone)]
pub(crate) struct Cut {
    ports: Arc<Faulty>,
    /// Until when it is cut, in nanoseconds.
    until: Arc<AtomicU64>,
}

impl Cut {
    pub(crate) fn new(ports: &Arc<Faulty>) -> Self {
        Self { ports: Arc::clone(ports), until: Arc::default() }
    }

    /// Cuts it until then.
    pub(crate) fn cut(&self, until: Timestamp) {
        self.until.store(until.as_nanos(), Ordering::SeqCst);
    }

    /// The operation if the ledger can be reached; else it is done now and then, and the answer lost.
    async fn reach<T>(&self, operation: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        if self.ports.clock.now().as_nanos() >= self.until.load(Ordering::SeqCst) {
            return operation.await;
        }
        if self.ports.chance.once_in(2) {
            let _ = operation.await;
        }
        Err(Fault::new(FaultKind::Passing, "reach the ledger"))
    }
}

impl Ledger for Cut {
    async fn load(&self, limit: &LimitName) -> Result<Versioned, Fault> {
        self.reach(self.ports.load(limit)).await
    }

    async fn swap(&self, limit: &LimitName, expected: Version, next: &LimitState) -> Result<Swap, Fault> {
        self.reach(self.ports.swap(limit, expected, next)).await
    }

    async fn tally(&self, batch: &BatchId) -> Result<Option<Tally>, Fault> {
        self.reach(self.ports.tally(batch)).await
    }

    async fn stages(&self, batch: &BatchId) -> Result<Vec<Stage>, Fault> {
        self.reach(self.ports.stages(batch)).await
    }
}
