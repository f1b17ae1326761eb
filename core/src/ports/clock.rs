//! The one way to tell time.

use std::future::Future;
use std::time::Duration;

use crate::time::Timestamp;

/// Tells wall time for what is stored or sent, and waits on monotonic time.
pub trait Clock: Send + Sync {
    /// The wall time now. May step by milliseconds, also backwards.
    fn now(&self) -> Timestamp;

    /// The time since some fixed instant of this process. Never goes backwards.
    fn uptime(&self) -> Duration;

    /// Waits for this long, by monotonic time. Wakes at the end or a little later, never earlier.
    fn sleep(&self, length: Duration) -> impl Future<Output = ()> + Send;
}
