//! Metrics for Prometheus: events counted in memory, and told to whoever fetches them.
//!
//! `page` writes what was counted as text; `endpoint` serves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jobq_core::event::Event;
use jobq_core::event::metric::{Description, Kind, Metric};
use jobq_core::event::telling::{Amount, Measure};
use jobq_core::name::{LimitName, QueueName};
use jobq_core::ports::metrics::Metrics;

pub mod endpoint;
pub mod page;

/// What the drainers of one limit have counted. Every series is there from the beginning, at zero: a rate can be taken
/// of its first event, and counting one neither allocates nor waits.
#[derive(Debug)]
pub struct Counters {
    limit: LimitName,
    queues: Vec<QueueName>,
    /// One of each metric, in their order.
    families: Vec<Family>,
}

/// All series of one metric: each queue's, and of those each word's.
#[derive(Debug)]
struct Family {
    description: Description,
    words: Vec<&'static str>,
    series: Vec<Series>,
}

/// One number; of a histogram the sum, in nanoseconds, and a number a bucket, the last one without an end.
#[derive(Debug)]
struct Series {
    value: AtomicU64,
    buckets: Vec<AtomicU64>,
}

impl Counters {
    /// Nothing counted yet, for drainers that serve these queues of a limit.
    pub fn new(limit: LimitName, queues: Vec<QueueName>) -> Self {
        let families = Metric::ALL.map(|metric| Family::new(metric.description(), queues.len()));
        Self { limit, queues, families: families.into() }
    }

    fn count(&self, measure: Measure<'_>) {
        let family = &self.families[measure.metric as usize];
        // A drainer has events of its own queues alone.
        let queue = measure.queue.map_or(Some(0), |queue| self.queues.iter().position(|own| own == queue));
        let word = measure.word.map_or(Some(0), |word| family.words.iter().position(|own| *own == word));
        let (Some(queue), Some(word)) = (queue, word) else { return };
        let series = &family.series[queue * family.words.len().max(1) + word];
        match measure.amount {
            Amount::More(count) => series.value.fetch_add(count, Ordering::Relaxed),
            Amount::Fewer(count) => series.value.fetch_sub(count, Ordering::Relaxed),
            Amount::Took(length) => series.took(family.description.kind, length),
        };
    }
}

impl Metrics for Counters {
    fn record(&self, event: &Event) {
        event.telling().counts().into_iter().flatten().for_each(|measure| self.count(measure));
    }
}

impl Family {
    fn new(description: Description, queues: usize) -> Self {
        let words = description.by.map(|by| by.words()).unwrap_or_default();
        let queues = if description.by_queue { queues } else { 1 };
        let buckets = match description.kind {
            Kind::Histogram(ends) => ends.len() + 1,
            Kind::Counter | Kind::Gauge => 0,
        };
        let zeros = |count: usize| (0..count).map(|_| AtomicU64::new(0)).collect();
        let series = (0..queues * words.len().max(1))
            .map(|_| Series { value: AtomicU64::new(0), buckets: zeros(buckets) });
        Self { description, words, series: series.collect() }
    }
}

impl Series {
    fn took(&self, kind: Kind, length: Duration) -> u64 {
        if let Kind::Histogram(ends) = kind {
            let bucket = ends.partition_point(|end| *end < length.as_secs_f64());
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        self.value.fetch_add(nanos, Ordering::Relaxed)
    }
}
