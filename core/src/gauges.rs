//! What a limit and its queues look like at one moment, as gauges.

use crate::event::metric::Gauge;
use crate::limit::Limit;
use crate::name::QueueName;
use crate::policy::calendar::holders::alive;
use crate::policy::calendar::pace::at_next_call;
use crate::policy::calendar::state::LimitState;
use crate::ports::depth::QueueDepth;
use crate::time::Timestamp;

/// One value of a gauge.
#[derive(Debug, Clone, PartialEq)]
pub struct GaugeReading {
    /// Of which gauge.
    pub gauge: Gauge,
    /// Of which queue, for a gauge of queues.
    pub queue: Option<QueueName>,
    /// One of the gauge's words, for a gauge that has some.
    pub word: Option<&'static str>,
    /// The value.
    pub value: f64,
}

/// The gauges of a limit by its document, and of its queues by what was measured of them. What isn't known, or has no
/// number (a limit without a pace), is left out.
pub fn gauges(
    limit: &Limit,
    state: &LimitState,
    depths: &[(QueueName, QueueDepth)],
    now: Timestamp,
) -> Vec<GaugeReading> {
    let of_limit = |gauge, value| GaugeReading { gauge, queue: None, word: None, value };
    let mut readings: Vec<GaugeReading> =
        depths.iter().flat_map(|(queue, depth)| of_queue(queue, depth)).collect();
    if let Some(rate) = at_next_call(limit, state, now).per_second() {
        readings.push(of_limit(Gauge::RateAllowed, rate));
    }
    let cooling = state.cool_down.as_ref().map(|cool| cool.until.since(now)).unwrap_or_default();
    readings.push(of_limit(Gauge::Cooling, cooling.as_secs_f64()));
    readings.push(of_limit(Gauge::Paused, f64::from(u8::from(state.pause_at(now).is_some()))));
    let drainers = u32::try_from(alive(state, now).count()).unwrap_or(u32::MAX);
    readings.push(of_limit(Gauge::DrainersAlive, drainers.into()));
    readings
}

fn of_queue(queue: &QueueName, depth: &QueueDepth) -> Vec<GaugeReading> {
    let reading = |gauge, word, value| GaugeReading { gauge, queue: Some(queue.clone()), word, value };
    let tasks = |word, count| reading(Gauge::QueueTasks, Some(word), number(count));
    let oldest = depth.oldest.map(|age| reading(Gauge::OldestTask, None, age.as_secs_f64()));
    let tasks = [
        tasks("ready", depth.ready),
        tasks("in_flight", depth.in_flight),
        tasks("delayed", depth.delayed),
        tasks("dead", depth.dead),
    ];
    tasks.into_iter().chain(oldest).collect()
}

#[allow(clippy::cast_precision_loss, reason = "exact up to 2^53 tasks")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    //! Data in, text out.

    use std::time::Duration;

    use super::*;
    use crate::policy::calendar::state::{CoolDown, Holder, Pause};

    fn check(limit: &Limit, state: &LimitState, depth: QueueDepth, expected: &str) {
        let now = Timestamp::from_secs(1_000);
        let readings = gauges(limit, state, &[("troops".parse().unwrap(), depth)], now);
        let row = |own: &GaugeReading| {
            let labels = [own.queue.as_ref().map(QueueName::as_str), own.word];
            let labels: String = labels.iter().flatten().map(|label| format!(" {label}")).collect();
            format!("{:?}{labels} {}\n", own.gauge, own.value)
        };
        assert_eq!(readings.iter().map(row).collect::<String>(), expected);
        for own in readings {
            let description = own.gauge.description();
            assert_eq!(own.queue.is_some(), description.by_queue);
            assert_eq!(own.word.is_some(), description.by.is_some());
            assert!(own.word.is_none_or(|word| description.by.unwrap().words().contains(&word)));
        }
    }

    #[test]
    fn a_limit_at_rest_and_an_empty_queue() {
        let limit = Limit::new("hermes".parse().unwrap(), "none".parse().unwrap());
        let expected = "\
QueueTasks troops ready 0
QueueTasks troops in_flight 0
QueueTasks troops delayed 0
QueueTasks troops dead 0
Cooling 0
Paused 0
DrainersAlive 0
";
        check(&limit, &LimitState::default(), QueueDepth::default(), expected);
    }

    #[test]
    fn a_limit_that_cools_and_is_paused_with_drainers_and_tasks() {
        let mut limit = Limit::new("hermes".parse().unwrap(), "50/s".parse().unwrap());
        limit.headroom_per_mille = 0;
        let holder = |until| Holder {
            drainer: format!("d{until}"),
            since: None,
            until: Timestamp::from_secs(until),
            permits: 1,
            latency_ms: 0,
            ends_at: None,
            alone_until: None,
        };
        let cool_down = CoolDown {
            since: Timestamp::from_secs(990),
            until: Timestamp::from_secs(1_004),
            status: 429,
            streak: 1,
            pace_per_mille: 500,
        };
        let state = LimitState {
            cool_down: Some(cool_down),
            pause: Some(Pause { until: None }),
            holders: vec![holder(999), holder(1_003), holder(1_005)],
            ..LimitState::default()
        };
        let oldest = Some(Duration::from_millis(1_500));
        let depth = QueueDepth { ready: 5, in_flight: 4, delayed: 3, dead: 2, oldest };
        let expected = "\
QueueTasks troops ready 5
QueueTasks troops in_flight 4
QueueTasks troops delayed 3
QueueTasks troops dead 2
OldestTask troops 1.5
RateAllowed 25
Cooling 4
Paused 1
DrainersAlive 2
";
        check(&limit, &state, depth, expected);
    }
}
