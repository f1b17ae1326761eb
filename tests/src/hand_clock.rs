//! A clock that stands still until it is moved by hand.

use std::future::Future;
use std::time::Duration;

use jobq_core::ports::clock::Clock;
use jobq_core::time::Timestamp;
use tokio::sync::watch;

/// A clock that stands still until it is moved by hand. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct HandClock {
    start: Timestamp,
    elapsed: watch::Sender<Duration>,
}

impl HandClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { start, elapsed: watch::Sender::new(Duration::ZERO) }
    }

    /// Moves it on and wakes whoever has slept long enough.
    pub fn advance(&self, length: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed = elapsed.saturating_add(length));
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        self.start.plus(self.uptime())
    }

    fn uptime(&self) -> Duration {
        *self.elapsed.borrow()
    }

    /// The sleep begins with the call, not with the first poll.
    fn sleep(&self, length: Duration) -> impl Future<Output = ()> + Send {
        let deadline = self.uptime().saturating_add(length);
        let clock = self.clone();
        async move {
            let mut elapsed = clock.elapsed.subscribe();
            // It can't fail: the clock held here keeps the channel open.
            let _ = elapsed.wait_for(|elapsed| *elapsed >= deadline).await;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Sleepers wake at their instant and not before.

    use super::*;
    use futures::FutureExt;

    #[test]
    fn sleepers_wake_when_their_time_has_come() {
        let clock = HandClock::new(Timestamp::from_secs(100));
        let mut sleep = Box::pin(clock.sleep(Duration::from_secs(5)));
        clock.clone().advance(Duration::from_secs(4));
        assert!(sleep.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(sleep.now_or_never().is_some());
        assert_eq!(clock.now(), Timestamp::from_secs(105));
    }
}
