//! What a drainer has done, when it ends.

/// What a drainer has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Calls started.
    pub calls: u64,
    /// Tasks whose call ended well.
    pub done: u64,
    /// Failed attempts whose task waits to be tried again.
    pub retried: u64,
    /// Calls the API refused because it was called too fast.
    pub throttled: u64,
    /// Tasks moved to a dead-letter queue.
    pub dead: u64,
    /// Deliveries handed back without a call.
    pub released: u64,
    /// Settlements that came too late: the task had been given out again.
    pub stale: u64,
    /// Slots in which no call could be started in time.
    pub forfeited: u64,
}
