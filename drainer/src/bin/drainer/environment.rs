//! What is made once and lasts for all invocations of one environment.

use std::path::Path;
use std::sync::Arc;

use jobq_adapters::aws::bundled::configuration;
use jobq_adapters::aws::log::Log;
use jobq_adapters::aws::sdk::Sdk;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::jq::sandbox::Bounds;
use jobq_adapters::log::Line;
use jobq_core::event::telling::Telling;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::limit::Limit;
use jobq_core::ports::clock::Clock;
use jobq_core::queue::Queue;
use jobq_core::stack::Stack;

use crate::env_vars;

/// The memory of the smallest function, in megabytes.
const SMALLEST: u64 = 128;

/// What is made once and lasts for all invocations of one environment.
pub(crate) struct Environment {
    pub(crate) log: Arc<Log>,
    pub(crate) clock: SystemClock,
    /// The setup, or why there is none.
    setup: Result<Setup, String>,
}

/// What a function is to do, and by which settings.
pub(crate) struct Setup {
    pub(crate) sdk: Sdk,
    pub(crate) stack: Stack,
    pub(crate) limit: Limit,
    pub(crate) queues: Vec<Queue>,
    /// All queues of the stack: batches of any may end here.
    pub(crate) all_queues: Vec<Queue>,
}

impl Environment {
    /// Reads the configuration and the settings of AWS. What is wrong is each invocation's answer: an environment that
    /// ended instead would be told of as a crash, without a reason.
    pub(crate) async fn open() -> Self {
        let setup = setup().await.map_err(|fault| fault.chain());
        Self { log: Arc::new(Log::stdout()), clock: SystemClock::new(), setup }
    }

    /// What to do, and by which settings.
    pub(crate) fn setup(&self) -> Result<&Setup, Fault> {
        self.setup.as_ref().map_err(|why| Fault::new(FaultKind::Lasting, why))
    }

    /// What jq programs may take: a third of the function's memory, which they share with the drainer.
    pub(crate) fn bounds(&self) -> Bounds {
        let megabytes: Option<u64> = env_vars::read(env_vars::MEMORY).and_then(|text| text.parse().ok());
        Bounds { memory: (megabytes.unwrap_or(SMALLEST) << 20) / 3, ..Bounds::default() }
    }

    /// Tells one thing.
    pub(crate) fn tell(&self, event: &dyn Telling) {
        self.log.tell(self.clock.now(), &Line::of(event));
    }
}

async fn setup() -> Result<Setup, Fault> {
    let folder = env_vars::read(env_vars::TASK_ROOT).unwrap_or_else(|| ".".to_owned());
    let config = configuration(Path::new(&folder))?;
    let name = env_vars::read(env_vars::LIMIT).ok_or_else(|| {
        Fault::new(FaultKind::Lasting, format!("find a limit: {} is not set", env_vars::LIMIT))
    })?;
    let limit = config.limits.values().find(|limit| limit.name.as_str() == name);
    let limit = limit.cloned().ok_or_else(|| Fault::new(FaultKind::Lasting, config.unknown_limit(&name)))?;
    let queues = config.queues_of(&limit.name).cloned().collect();
    // The region is the one it runs in, wherever the configuration was when the stack was made.
    let sdk = Sdk::load(None).await?;
    let all_queues = config.queues.into_values().collect();
    Ok(Setup { sdk, stack: config.stack, limit, queues, all_queues })
}
