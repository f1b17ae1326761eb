//! The world of a drainer on this machine.

use std::sync::Arc;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_adapters::jq::sandbox::Sandbox;
use jobq_adapters::otlp::OtlpSpans;
use jobq_drainer::world::World;

use crate::recorder::Recorder;
use crate::results::Results;
use crate::secrets::SecretSource;
use crate::store::Store;

/// The ports a drainer works with: the store of either backend, the API over HTTP, files or objects for results.
pub(crate) struct DrainWorld {
    pub(crate) store: Store,
    pub(crate) target: HttpTarget<SecretSource>,
    pub(crate) results: Results,
    pub(crate) jq: Sandbox,
    pub(crate) recorder: Recorder,
    pub(crate) spans: Arc<OtlpSpans>,
    pub(crate) clock: SystemClock,
}

impl World for DrainWorld {
    type Inbox = Store;
    type Depth = Store;
    type Ledger = Store;
    type Target = HttpTarget<SecretSource>;
    type ResultSink = Results;
    type Jq = Sandbox;
    type Metrics = Recorder;
    type Spans = OtlpSpans;
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

    fn jq(&self) -> &Sandbox {
        &self.jq
    }

    fn metrics(&self) -> &Recorder {
        &self.recorder
    }

    fn spans(&self) -> &OtlpSpans {
        &self.spans
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}
