//! `--metrics ADDR`: what drains count, and how queues and limits are, for Prometheus to fetch.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use jobq_adapters::clock::SystemClock;
use jobq_adapters::prometheus::Counters;
use jobq_adapters::prometheus::endpoint::{Endpoint, Gauges, PATH};
use jobq_core::event::Event;
use jobq_core::event::operations::{OperationFailed, OperationRecovered};
use jobq_core::fault::Fault;
use jobq_core::gauges::{GaugeReading, gauges};
use jobq_core::limit::Limit;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::metrics::Metrics;
use jobq_core::queue::Queue;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::store::Store;

/// Where metrics are served, if they are.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct MetricsArgs {
    /// Serve metrics for Prometheus on http://ADDR/metrics, like 127.0.0.1:9464; port 0 takes a free one
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) metrics: Option<SocketAddr>,
}

/// The endpoint of this process.
pub(crate) struct Exposed {
    endpoint: Endpoint<SystemClock>,
    store: Store,
    clock: SystemClock,
    limits: Vec<Ward>,
}

/// A limit that is told of.
struct Ward {
    limit: Limit,
    queues: Vec<QueueName>,
    /// Whether the last reading failed.
    failing: AtomicBool,
}

/// What counts the events of a limit's drains.
pub(crate) fn counters(limit: &Limit, queues: &[Queue]) -> Arc<Counters> {
    Arc::new(Counters::new(limit.name.clone(), names(queues)))
}

impl Exposed {
    /// Listens at `address` and says where. Told is of these limits, each with its queues and its counters.
    pub(crate) async fn bind(
        address: SocketAddr,
        limits: &[(&Limit, &[Queue], &Arc<Counters>)],
        store: &Store,
        clock: SystemClock,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::failed(format!("serve metrics at {address}: {error}"))
                .hint(format!("choose another address, or any free port: --metrics {}:0", host(address)))
        };
        let counters = limits.iter().map(|(.., counters)| Arc::clone(counters)).collect();
        let endpoint = Endpoint::bind(address, counters, clock).await.map_err(failed)?;
        printer.note(format_args!("metrics are at http://{}{PATH}", endpoint.address().map_err(failed)?));
        let limits = limits.iter().map(|(limit, queues, _)| Ward {
            limit: (*limit).clone(),
            queues: names(queues),
            failing: AtomicBool::new(false),
        });
        Ok(Self { endpoint, store: store.clone(), clock, limits: limits.collect() })
    }

    /// Reads the gauges. Without them the counters are told all the same, and that it failed is one of those.
    async fn gauges<M: Metrics>(&self, metrics: &[&M]) -> Gauges {
        let wards = self.limits.iter().zip(metrics);
        join_all(wards.map(async |(ward, metrics)| match self.read(ward).await {
            Ok(readings) => {
                if ward.failing.swap(false, Ordering::Relaxed) {
                    metrics.record(&Event::from(OperationRecovered));
                }
                readings
            }
            Err(fault) => {
                ward.failing.store(true, Ordering::Relaxed);
                // It is read again when somebody fetches again.
                let failed = OperationFailed { error: fault.chain(), retry_in: Duration::ZERO };
                metrics.record(&Event::from(failed));
                Vec::new()
            }
        }))
        .await
    }

    async fn read(&self, ward: &Ward) -> Result<Vec<GaugeReading>, Fault> {
        let depths = ward
            .queues
            .iter()
            .map(|queue| async { Ok::<_, Fault>((queue.clone(), self.store.measure(queue).await?)) });
        let depths = try_join_all(depths).await?;
        let known = self.store.load(&ward.limit.name).await?;
        Ok(gauges(&ward.limit, &known.state, &depths, self.clock.now()))
    }
}

/// Serves metrics, where they are asked for; never ends by itself. `metrics` takes note of what fails, for each limit.
pub(crate) async fn serve<M: Metrics>(exposed: Option<&Exposed>, metrics: &[&M]) {
    match exposed {
        Some(exposed) => exposed.endpoint.serve(|| exposed.gauges(metrics)).await,
        None => pending().await,
    }
}

fn names(queues: &[Queue]) -> Vec<QueueName> {
    queues.iter().map(|queue| queue.name.clone()).collect()
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an IP address and a port, like 127.0.0.1:9464 or [::1]:9464".to_owned())
}

/// The address without its port, as it is typed.
fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}
