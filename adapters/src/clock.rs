//! The system's clock.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;

/// The system's clock: wall time from the operating system, waiting by tokio's timer.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose uptime begins now.
    #[allow(clippy::new_without_default, reason = "a default clock would hide that it reads the time")]
    #[allow(clippy::disallowed_methods, reason = "this is the Clock port")]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the Clock port")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH.plus(since_epoch)
    }

    fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, length: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(length)
    }
}
