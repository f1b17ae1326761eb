//! What is made once and lasts for all invocations of one environment.

use std::path::Path;

use jobq_adapters::aws::bundled::configuration;
use jobq_adapters::aws::log::Log;
use jobq_adapters::aws::sdk::Sdk;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::log::Line;
use jobq_autoscaler::plan::Plan;
use jobq_core::event::telling::Telling;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::LimitName;
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::ports::clock::Clock;
use jobq_core::stack::Stack;

use crate::env_vars;

/// What is made once and lasts for all invocations of one environment.
pub(crate) struct Environment {
    pub(crate) log: Log,
    pub(crate) clock: SystemClock,
    /// The setup, or why there is none.
    setup: Result<Setup, String>,
}

/// What the function looks after, and by which settings.
pub(crate) struct Setup {
    pub(crate) sdk: Sdk,
    pub(crate) stack: Stack,
    pub(crate) plans: Vec<Plan>,
}

impl Environment {
    /// Reads the configuration and the settings of AWS. What is wrong is each invocation's answer: an environment that
    /// ended instead would be told of as a crash, without a reason.
    pub(crate) async fn open() -> Self {
        let setup = setup().await.map_err(|fault| fault.chain());
        Self { log: Log::stdout(), clock: SystemClock::new(), setup }
    }

    /// What to look after, and by which settings.
    pub(crate) fn setup(&self) -> Result<&Setup, Fault> {
        self.setup.as_ref().map_err(|why| Fault::new(FaultKind::Lasting, why))
    }

    /// Tells one thing that happened to a limit, and doesn't say itself to which.
    pub(crate) fn tell_of(&self, limit: &LimitName, event: &dyn Telling) {
        let mut line = Line::of(event);
        line.fields.insert("limit".to_owned(), limit.as_str().into());
        self.log.tell(self.clock.now(), &line);
    }

    /// Tells one thing.
    pub(crate) fn tell(&self, event: &dyn Telling) {
        self.log.tell(self.clock.now(), &Line::of(event));
    }
}

async fn setup() -> Result<Setup, Fault> {
    let folder = env_vars::read(env_vars::TASK_ROOT).unwrap_or_else(|| ".".to_owned());
    let config = configuration(Path::new(&folder))?;
    let plans = config.limits.values().map(|limit| Plan {
        limit: limit.clone(),
        queues: config.queues_of(&limit.name).cloned().collect(),
        tempo: Tempo::EACH_MINUTE,
    });
    let plans = plans.collect();
    // The region is the one it runs in, wherever the configuration was when the stack was made.
    let sdk = Sdk::load(None).await?;
    Ok(Setup { sdk, stack: config.stack, plans })
}
