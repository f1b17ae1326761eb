//! The world of a drainer in a walk.

use jobq_core::event::Event;
use jobq_core::ports::metrics::Metrics;
use jobq_drainer::world::World;
use jobq_tests::hand_clock::HandClock;

use crate::api::Api;
use crate::faulty::Faulty;

pub(crate) struct WalkWorld {
    pub(crate) ports: Faulty,
    pub(crate) api: Api,
    pub(crate) deaf: Deaf,
}

/// Takes note of nothing: a walk is judged by what the API and the queue saw.
pub(crate) struct Deaf;

impl Metrics for Deaf {
    fn record(&self, _event: &Event) {}
}

impl World for WalkWorld {
    type Inbox = Faulty;
    type Depth = Faulty;
    type Ledger = Faulty;
    type Target = Api;
    type ResultSink = Faulty;
    type Metrics = Deaf;
    type Clock = HandClock;

    fn inbox(&self) -> &Faulty {
        &self.ports
    }

    fn depth(&self) -> &Faulty {
        &self.ports
    }

    fn ledger(&self) -> &Faulty {
        &self.ports
    }

    fn target(&self) -> &Api {
        &self.api
    }

    fn results(&self) -> &Faulty {
        &self.ports
    }

    fn metrics(&self) -> &Deaf {
        &self.deaf
    }

    fn clock(&self) -> &HandClock {
        &self.ports.clock
    }

    fn jitter(&self) -> f64 {
        self.ports.chance.share()
    }
}
