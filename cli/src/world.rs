//! The world of a drainer on this machine.

use std::sync::Arc;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_drainer::world::World;

use crate::meter::Meter;
use crate::results::Results;
use crate::secrets::SecretSource;
use crate::store::Store;

/// The ports a drainer works with: the store of either backend, the API over HTTP, files or objects for results.
pub(crate) struct DrainWorld {
    pub(crate) store: Store,
    pub(crate) target: HttpTarget<SecretSource>,
    pub(crate) results: Results,
    pub(crate) meter: Arc<Meter>,
    pub(crate) clock: SystemClock,
}

impl World for DrainWorld {
    type Inbox = Store;
    type Depth = Store;
    type Ledger = Store;
    type Target = HttpTarget<SecretSource>;
    type ResultSink = Results;
    type Metrics = Meter;
    type Clock = SystemClock;

    fn inbox(&self) -> &Store {
        &self.store
    }

    fn depth(&self) -> &Store {
        &self.store
    }

    fn ledger(&self) -> &Store {
        &self.store
    }

    fn target(&self) -> &Self::Target {
        &self.target
    }

    fn results(&self) -> &Results {
        &self.results
    }

    fn metrics(&self) -> &Meter {
        &self.meter
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}
