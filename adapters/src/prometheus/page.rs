//! What was counted, as OpenMetrics text, which Prometheus reads.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jobq_core::event::metric::{Description, Gauge, Kind, Metric};
use jobq_core::gauges::GaugeReading;
use jobq_core::name::QueueName;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::{Counters, Series};

/// What the text is, for whoever fetches it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is told of one limit: everything that was counted, and these gauges.
#[derive(Debug)]
pub struct Part {
    /// What its drainers have counted.
    pub counters: Arc<Counters>,
    /// How it and its queues are.
    pub gauges: Vec<GaugeReading>,
}

/// The text of these parts, each of another limit.
pub fn page(parts: Vec<Part>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Page(parts)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Page(Vec<Part>);

/// A series' labels, in the order in which they are written.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// Everything of one metric stands together, whichever limit it is of.
impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for metric in Metric::ALL {
            let description = metric.description();
            let mut encoder = begin(&mut encoder, &description)?;
            self.0.iter().try_for_each(|part| part.family(metric, &mut encoder))?;
        }
        for gauge in Gauge::ALL {
            let is_known = |part: &Part| part.gauges.iter().any(|own| own.gauge == gauge);
            if self.0.iter().any(is_known) {
                let description = gauge.description();
                let mut encoder = begin(&mut encoder, &description)?;
                self.0.iter().try_for_each(|part| part.readings(gauge, &mut encoder))?;
            }
        }
        Ok(())
    }
}

impl Part {
    fn family(&self, metric: Metric, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        let family = &self.counters.families[metric as usize];
        let per_queue = family.words.len().max(1);
        for (number, series) in family.series.iter().enumerate() {
            let queue = self.counters.queues.get(number / per_queue).map(QueueName::as_str);
            let word = family.words.get(number % per_queue).copied();
            let labels = self.labels(&family.description, queue, word);
            write(series, family.description.kind, encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn readings(&self, gauge: Gauge, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        for own in self.gauges.iter().filter(|own| own.gauge == gauge) {
            let queue = own.queue.as_ref().map(QueueName::as_str);
            let labels = self.labels(&own.gauge.description(), queue, own.word);
            encoder.encode_family(&labels)?.encode_gauge(&own.value)?;
        }
        Ok(())
    }

    fn labels<'a>(
        &'a self,
        description: &Description,
        queue: Option<&'a str>,
        word: Option<&'static str>,
    ) -> Labels<'a> {
        let queue = queue.filter(|_| description.by_queue).map(|queue| ("queue", queue));
        let word = description.by.zip(word).map(|(by, word)| (by.label, word));
        [Some(("limit", self.counters.limit.as_str())), queue, word].into_iter().flatten().collect()
    }
}

fn begin<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    description: &'a Description,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    let kind = match description.kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram(_) => MetricType::Histogram,
    };
    encoder.encode_descriptor(description.name, description.help, None, kind)
}

fn write(series: &Series, kind: Kind, mut encoder: MetricEncoder<'_>) -> fmt::Result {
    let value = series.value.load(Ordering::Relaxed);
    match kind {
        Kind::Counter => encoder.encode_counter::<NoLabelSet, u64, f64>(&value, None),
        Kind::Gauge => encoder.encode_gauge(&value),
        Kind::Histogram(ends) => {
            let counts: Vec<u64> = series.buckets.iter().map(read).collect();
            // The library adds buckets up, and writes the last one as +Inf.
            let ends = ends.iter().copied().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = ends.zip(counts.iter().copied()).collect();
            let sum = Duration::from_nanos(value).as_secs_f64();
            encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
        }
    }
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    //! Events in, text out. What Prometheus itself makes of it is tested over a real drain.

    use jobq_core::event::Event;
    use jobq_core::event::calls::{CallEnded, CallStarted};
    use jobq_core::event::drainers::{DrainerRejoined, DrainerWentAlone};
    use jobq_core::event::limits::LeaseBooked;
    use jobq_core::ports::metrics::Metrics;

    use super::*;

    fn check(events: &[Event], gauges: Vec<GaugeReading>, expected: &[&str]) {
        let queues = ["troops", "groups"].map(|name| name.parse().unwrap());
        let counters = Arc::new(Counters::new("hermes".parse().unwrap(), queues.to_vec()));
        events.iter().for_each(|event| counters.record(event));
        let text = page(vec![Part { counters, gauges }]).unwrap();
        for line in expected {
            assert!(text.lines().any(|own| own == *line), "{line} is not in {text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn everything_is_there_from_the_beginning() {
        check(
            &[],
            Vec::new(),
            &[
                "# HELP jobq_calls_started Calls started",
                "# TYPE jobq_calls_started counter",
                "jobq_calls_started_total{limit=\"hermes\",queue=\"troops\"} 0",
                "jobq_calls_started_total{limit=\"hermes\",queue=\"groups\"} 0",
                "jobq_calls_ended_total{limit=\"hermes\",queue=\"groups\",class=\"none\"} 0",
                "jobq_leases_deferred_total{limit=\"hermes\",why=\"quota\"} 0",
                "jobq_drainers_alone{limit=\"hermes\"} 0",
            ],
        );
    }

    #[test]
    fn events_are_counted_where_they_belong() {
        let groups = || "groups".parse().unwrap();
        let ended =
            |millis| CallEnded { queue: groups(), answer: Ok(204), latency: Duration::from_millis(millis) };
        check(
            &[
                CallStarted { queue: groups() }.into(),
                ended(5).into(),
                ended(30).into(),
                ended(70_000).into(),
                LeaseBooked { limit: "hermes".parse().unwrap(), count: 50 }.into(),
                DrainerWentAlone { limit: "hermes".parse().unwrap(), of: 2 }.into(),
                DrainerWentAlone { limit: "hermes".parse().unwrap(), of: 2 }.into(),
                DrainerRejoined { limit: "hermes".parse().unwrap() }.into(),
            ],
            Vec::new(),
            &[
                "jobq_calls_started_total{limit=\"hermes\",queue=\"troops\"} 0",
                "jobq_calls_started_total{limit=\"hermes\",queue=\"groups\"} 1",
                "jobq_calls_ended_total{limit=\"hermes\",queue=\"groups\",class=\"2xx\"} 3",
                "jobq_call_duration_seconds_bucket{le=\"0.005\",limit=\"hermes\",queue=\"groups\"} 1",
                "jobq_call_duration_seconds_bucket{le=\"0.05\",limit=\"hermes\",queue=\"groups\"} 2",
                "jobq_call_duration_seconds_bucket{le=\"60.0\",limit=\"hermes\",queue=\"groups\"} 2",
                "jobq_call_duration_seconds_bucket{le=\"+Inf\",limit=\"hermes\",queue=\"groups\"} 3",
                "jobq_call_duration_seconds_count{limit=\"hermes\",queue=\"groups\"} 3",
                "jobq_call_duration_seconds_sum{limit=\"hermes\",queue=\"groups\"} 70.035",
                "jobq_slots_booked_total{limit=\"hermes\"} 50",
                "jobq_drainers_alone{limit=\"hermes\"} 1",
            ],
        );
    }

    #[test]
    fn gauges_are_told_as_they_were_read() {
        let reading = |gauge, queue: Option<&str>, word, value| GaugeReading {
            gauge,
            queue: queue.map(|queue| queue.parse().unwrap()),
            word,
            value,
        };
        check(
            &[],
            vec![
                reading(Gauge::QueueTasks, Some("troops"), Some("ready"), 9.0),
                reading(Gauge::RateAllowed, None, None, 49.0),
            ],
            &[
                "# TYPE jobq_queue_tasks gauge",
                "jobq_queue_tasks{limit=\"hermes\",queue=\"troops\",state=\"ready\"} 9.0",
                "jobq_rate_allowed_calls_per_second{limit=\"hermes\"} 49.0",
            ],
        );
    }
}
