//! What one invocation works with.

use std::sync::Arc;

use jobq_adapters::aws::log::metrics::EmfMetrics;
use jobq_adapters::aws::results::S3Results;
use jobq_adapters::aws::secrets::AwsSecrets;
use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_adapters::jq::sandbox::Sandbox;
use jobq_adapters::otlp::OtlpSpans;
use jobq_core::fault::Fault;
use jobq_core::name::DrainerId;
use jobq_core::stack::LONGEST_DELAY;
use jobq_drainer::world::World;
use jobq_producer::follow_ups::FollowUps;

use crate::env_vars;
use crate::environment::{Environment, Setup};

/// The ports of a drainer on AWS.
///
/// They are opened for each invocation: between two of them an environment stands still, and connections kept from
/// before may have died of it. A call that went out on such a one would be a task's failed attempt.
pub(crate) struct LambdaWorld {
    store: AwsStore<SystemClock>,
    target: HttpTarget<AwsSecrets<SystemClock>>,
    results: S3Results<SystemClock>,
    jq: Arc<Sandbox>,
    metrics: Arc<EmfMetrics<SystemClock>>,
    spans: OtlpSpans,
    clock: SystemClock,
}

impl LambdaWorld {
    /// Opens the ports for `drainer`, in this AWS account. Asks nothing of AWS yet.
    pub(crate) fn open(
        environment: &Environment,
        setup: &Setup,
        drainer: &DrainerId,
        account: &str,
        spans: OtlpSpans,
    ) -> Result<Self, Fault> {
        let Setup { sdk, stack, limit, queues, all_queues } = setup;
        let clock = environment.clock;
        let bucket = stack.results_bucket(account, sdk.region());
        let mut results = S3Results::open(sdk, bucket, drainer.clone(), clock);
        for queue in queues {
            if let Some(place) = &queue.results {
                results.add(queue.name.clone(), place);
            }
        }
        let jq = Arc::new(Sandbox::of(env_vars::own_file()?, environment.bounds()));
        let (own, log) = (limit.name.clone(), Arc::clone(&environment.log));
        let metrics = Arc::new(EmfMetrics::new(stack.name.clone(), own, clock, log));
        let (program, record) = (Arc::clone(&jq), Arc::clone(&metrics));
        let follow_ups = FollowUps::of(all_queues, program, record, clock, Some(LONGEST_DELAY));
        Ok(Self {
            store: AwsStore::open(sdk, stack.clone(), clock).going_on(Arc::new(follow_ups)),
            target: HttpTarget::new(limit.clone(), AwsSecrets::open(sdk, stack.clone(), clock))?,
            results,
            jq,
            metrics,
            spans,
            clock,
        })
    }

    /// Writes the metrics that were not written yet.
    pub(crate) fn flush(&self) {
        self.metrics.flush();
    }
}

impl World for LambdaWorld {
    type Inbox = AwsStore<SystemClock>;
    type Depth = AwsStore<SystemClock>;
    type Ledger = AwsStore<SystemClock>;
    type Target = HttpTarget<AwsSecrets<SystemClock>>;
    type ResultSink = S3Results<SystemClock>;
    type Jq = Sandbox;
    type Metrics = EmfMetrics<SystemClock>;
    type Spans = OtlpSpans;
    type Clock = SystemClock;

    fn inbox(&self) -> &Self::Inbox {
        &self.store
    }

    fn depth(&self) -> &Self::Depth {
        &self.store
    }

    fn ledger(&self) -> &Self::Ledger {
        &self.store
    }

    fn target(&self) -> &Self::Target {
        &self.target
    }

    fn results(&self) -> &Self::ResultSink {
        &self.results
    }

    fn jq(&self) -> &Sandbox {
        &self.jq
    }

    fn metrics(&self) -> &Self::Metrics {
        &self.metrics
    }

    fn spans(&self) -> &OtlpSpans {
        &self.spans
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}
