//! When the calls under way were started: it tells when their permits come free.

use std::collections::VecDeque;
use std::time::Duration;

use jobq_core::policy::carry::rest;
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

    /// When the first of them is over, if calls take `latency`; none if that isn't known.
    pub(crate) fn soonest_end(&self, now: Timestamp, latency: Duration) -> Option<Timestamp> {
        if latency.is_zero() {
            return None;
        }
        // Of those that are late the youngest, of the others the oldest.
        let late = self.0.partition_point(|at| now.since(*at) >= latency);
        let candidates = [late.checked_sub(1), Some(late)].into_iter().flatten();
        let ends = candidates.filter_map(|number| self.0.get(number)).map(|at| rest(latency, now.since(*at)));
        ends.min().map(|rest| now.plus(rest))
    }
}
