//! Drainers of this process, as the autoscaler asks for them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::LimitName;
use jobq_core::ports::fleet::Fleet;
use tokio::sync::mpsc::UnboundedSender;

/// How many drainers of each limit may be at work at once.
#[derive(Debug, Default)]
pub(super) struct Caps(Mutex<BTreeMap<LimitName, u32>>);

/// Caps and starts drainers of this process.
pub(super) struct LocalFleet<'a> {
    caps: &'a Caps,
    starts: UnboundedSender<LimitName>,
}

impl Caps {
    /// The cap of a limit; none where nobody has set one yet.
    pub(super) fn of(&self, limit: &LimitName) -> Option<u32> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(limit).copied()
    }

    fn set(&self, limit: &LimitName, cap: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(limit.clone(), cap);
    }
}

impl<'a> LocalFleet<'a> {
    /// A fleet whose drainers are started by whoever receives `starts`, one for each time a limit is named.
    pub(super) fn new(caps: &'a Caps, starts: UnboundedSender<LimitName>) -> Self {
        Self { caps, starts }
    }
}

impl Fleet for LocalFleet<'_> {
    async fn cap(&self, limit: &LimitName) -> Result<Option<u32>, Fault> {
        Ok(self.caps.of(limit))
    }

    async fn set_cap(&self, limit: &LimitName, cap: u32) -> Result<(), Fault> {
        self.caps.set(limit, cap);
        Ok(())
    }

    async fn start(&self, limit: &LimitName, count: u32) -> Result<(), Fault> {
        for _ in 0..count {
            self.starts.send(limit.clone()).map_err(|_| {
                Fault::new(FaultKind::Lasting, format!("start a drainer of limit '{limit}'"))
                    .caused_by("it ends")
            })?;
        }
        Ok(())
    }
}
