//! When the calls under way were started: it tells when their permits come free.

use std::collections::VecDeque;
use std::time::Duration;

use jobq_core::time::Timestamp;

/// When the calls under way were started, in this order.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(VecDeque<Timestamp>);

impl UnderWay {
    /// A call is started.
    pub(crate) fn started(&mut self, at: Timestamp) {
        self.0.push_back(at);
    }

    /// A call that was started then has ended.
    pub(crate) fn ended(&mut self, started_at: Timestamp) {
        if let Some(place) = self.0.iter().position(|at| *at == started_at) {
            self.0.remove(place);
        }
    }

    /// How long each has been under way.
    pub(crate) fn ages(&self, now: Timestamp) -> impl Iterator<Item = Duration> {
        self.0.iter().map(move |at| now.since(*at))
    }

    /// Whether the oldest may be over by then, if calls take `latency`.
    pub(crate) fn may_end_by(&self, then: Timestamp, latency: Duration) -> bool {
        self.0.front().is_some_and(|at| at.plus(latency) <= then)
    }
}
