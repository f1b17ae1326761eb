//! The world of an autoscaler: the local store as it is, and a fleet that only remembers what was asked of it, for
//! that is what is looked at. Faults are put around the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobq_adapters::sqlite::store::LocalStore;
use jobq_autoscaler::world::World;
use jobq_core::batch::{Stage, Tally};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::fleet::Fleet;
use jobq_core::ports::history::{History, Past};
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::time::Timestamp;
use jobq_tests::hand_clock::HandClock;

type Store = LocalStore<HandClock>;

/// What was asked of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Cap(String, u32),
    Start(String, u32),
}

/// All that autoscalers share.
#[derive(Clone, Default)]
pub(crate) struct Recorder {
    asked: Arc<Mutex<Vec<Asked>>>,
    caps: Arc<Mutex<BTreeMap<LimitName, u32>>>,
    pasts: Arc<Mutex<u32>>,
}

/// One autoscaler's world.
pub(crate) struct Wards {
    pub(crate) store: Around,
    pub(crate) clock: HandClock,
    pub(crate) recorder: Recorder,
}

/// The store, but for what is broken.
pub(crate) struct Around {
    pub(crate) store: Store,
    pub(crate) queue: Option<QueueName>,
    pub(crate) limit: Option<LimitName>,
}

impl Recorder {
    /// What was asked since the last look.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// How often the past was looked up.
    pub(crate) fn pasts(&self) -> u32 {
        *self.pasts.lock().unwrap()
    }
}

impl Around {
    fn broken<T: PartialEq>(broken: Option<&T>, name: &T) -> Result<(), Fault> {
        if broken == Some(name) {
            Err(Fault::new(FaultKind::Passing, "reach what is broken"))
        } else {
            Ok(())
        }
    }
}

impl Depth for Around {
    async fn measure(&self, queue: &QueueName) -> Result<QueueDepth, Fault> {
        Self::broken(self.queue.as_ref(), queue)?;
        self.store.measure(queue).await
    }
}

impl Ledger for Around {
    async fn load(&self, limit: &LimitName) -> Result<Versioned, Fault> {
        Self::broken(self.limit.as_ref(), limit)?;
        self.store.load(limit).await
    }

    async fn swap(&self, limit: &LimitName, expected: Version, next: &LimitState) -> Result<Swap, Fault> {
        self.store.swap(limit, expected, next).await
    }

    async fn tally(&self, batch: &BatchId) -> Result<Option<Tally>, Fault> {
        self.store.tally(batch).await
    }

    async fn stages(&self, batch: &BatchId) -> Result<Vec<Stage>, Fault> {
        self.store.stages(batch).await
    }
}

impl Fleet for Wards {
    async fn cap(&self, limit: &LimitName) -> Result<Option<u32>, Fault> {
        Ok(Some(self.recorder.caps.lock().unwrap().get(limit).copied().unwrap_or(1)))
    }

    async fn set_cap(&self, limit: &LimitName, cap: u32) -> Result<(), Fault> {
        self.recorder.caps.lock().unwrap().insert(limit.clone(), cap);
        self.recorder.asked.lock().unwrap().push(Asked::Cap(limit.to_string(), cap));
        Ok(())
    }

    /// Nobody is started who isn't written down.
    async fn start(&self, limit: &LimitName, count: u32) -> Result<(), Fault> {
        let scaling =
            self.store.store.load(limit).await?.state.scaling.expect("the decision is written down");
        assert!(scaling.started >= count, "{scaling:?}");
        self.recorder.asked.lock().unwrap().push(Asked::Start(limit.to_string(), count));
        Ok(())
    }
}

/// Two tasks a second, always.
impl History for Wards {
    async fn past(&self, _queue: &QueueName, _length: Duration) -> Result<Vec<Past>, Fault> {
        *self.recorder.pasts.lock().unwrap() += 1;
        Ok(vec![Past { at: Timestamp::EPOCH, sent: Some(120.0), ready: None }])
    }
}

impl World for Wards {
    type Depth = Around;
    type History = Self;
    type Ledger = Around;
    type Fleet = Self;
    type Clock = HandClock;

    fn depth(&self) -> &Around {
        &self.store
    }

    fn history(&self) -> &Self {
        self
    }

    fn ledger(&self) -> &Around {
        &self.store
    }

    fn fleet(&self) -> &Self {
        self
    }

    fn clock(&self) -> &HandClock {
        &self.clock
    }
}
