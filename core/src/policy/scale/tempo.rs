//! How often drainers are sized, and how long they take to begin.

use std::time::Duration;

/// How often a limit's drainers are sized, and how long one takes to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tempo {
    /// The time from one reading to the next, at most. There may be others in between.
    pub tick: Duration,
    /// How long it takes, with some reserve, until a drainer that was started is seen at work.
    pub startup: Duration,
}

impl Tempo {
    /// Drainers that are started somewhere else, looked at each minute.
    pub const EACH_MINUTE: Self = Self { tick: Duration::from_secs(60), startup: Duration::from_secs(15) };

    /// Drainers of this process, looked at each second.
    pub const EACH_SECOND: Self = Self { tick: Duration::from_secs(1), startup: Duration::from_secs(5) };

    /// How long before its end a drainer is to be replaced: there may be no reading for a tick, the next one must
    /// begin, and the last one takes on nothing new for about as long.
    pub fn handover(self) -> Duration {
        self.tick.saturating_add(self.startup.saturating_mul(2))
    }

    /// How far apart two low readings must be to count as two: counts that lag behind say the same thing twice.
    pub(super) fn spacing(self) -> Duration {
        self.tick.saturating_mul(3) / 4
    }
}
