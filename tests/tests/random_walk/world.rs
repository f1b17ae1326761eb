//! The world of a drainer in a walk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jobq_adapters::jq::work::Worker;
use jobq_core::event::Event;
use jobq_core::fault::Fault;
use jobq_core::jq::{Failed, Job, Made};
use jobq_core::ports::jq::Jq;
use jobq_core::ports::metrics::Metrics;
use jobq_core::ports::spans::NoSpans;
use jobq_drainer::world::World;
use jobq_tests::hand_clock::HandClock;

use crate::api::{Api, Line};
use crate::cut::Cut;
use crate::faulty::Faulty;

/// What all drainers share, and each one's own ways to the ledger and to the API.
#[derive(Clone)]
pub(crate) struct WalkWorld {
    pub(crate) ports: Arc<Faulty>,
    pub(crate) api: Arc<Api>,
    pub(crate) notes: Notes,
    pub(crate) ledger: Cut,
    pub(crate) line: Line,
}

/// Runs programs in this process: those of a walk are harmless.
pub(crate) struct Harmless;

impl Jq for Harmless {
    async fn run(&self, job: &Job) -> Result<Result<Made, Failed>, Fault> {
        Ok(Worker::default().run(job, &mut |_| {}))
    }
}

/// Takes note of little: a walk is judged by what the API and the queue saw.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    went_alone: Arc<AtomicU32>,
}

impl Notes {
    /// How many times a drainer went alone.
    pub(crate) fn went_alone(&self) -> u32 {
        self.went_alone.load(Ordering::SeqCst)
    }
}

impl Metrics for Notes {
    fn record(&self, event: &Event) {
        if matches!(event, Event::DrainerWentAlone(_)) {
            self.went_alone.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl World for WalkWorld {
    type Inbox = Faulty;
    type Depth = Faulty;
    type Ledger = Cut;
    type Target = Line;
    type ResultSink = Faulty;
    type Jq = Harmless;
    type Metrics = Notes;
    type Spans = NoSpans;
    type Clock = HandClock;

    fn inbox(&self) -> &Faulty {
        &self.ports
    }

    fn depth(&self) -> &Faulty {
        &self.ports
    }

    fn ledger(&self) -> &Cut {
        &self.ledger
    }

    fn target(&self) -> &Line {
        &self.line
    }

    fn results(&self) -> &Faulty {
        &self.ports
    }

    fn jq(&self) -> &Harmless {
        &Harmless
    }

    fn metrics(&self) -> &Notes {
        &self.notes
    }

    fn spans(&self) -> &NoSpans {
        &NoSpans
    }

    fn clock(&self) -> &HandClock {
        &self.ports.clock
    }

    fn jitter(&self) -> f64 {
        self.ports.chance.share()
    }
}
