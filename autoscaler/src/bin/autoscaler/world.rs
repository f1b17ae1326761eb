//! What one invocation works with.

use jobq_adapters::aws::fleet::LambdaFleet;
use jobq_adapters::aws::history::CloudWatchHistory;
use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_autoscaler::world::World;

use crate::environment::Setup;

/// The ports of an autoscaler on AWS, opened for each invocation: between two of them an environment stands still,
/// and connections kept from before may have died of it.
pub(crate) struct LambdaWorld {
    store: AwsStore<SystemClock>,
    history: CloudWatchHistory<SystemClock>,
    fleet: LambdaFleet,
    clock: SystemClock,
}

impl LambdaWorld {
    /// Opens the ports. Asks nothing of AWS yet.
    pub(crate) fn open(setup: &Setup, clock: SystemClock) -> Self {
        let Setup { sdk, stack, .. } = setup;
        Self {
            store: AwsStore::open(sdk, stack.clone(), clock),
            history: CloudWatchHistory::new(sdk, stack.clone(), clock),
            fleet: LambdaFleet::new(sdk, stack.clone()),
            clock,
        }
    }
}

impl World for LambdaWorld {
    type Depth = AwsStore<SystemClock>;
    type History = CloudWatchHistory<SystemClock>;
    type Ledger = AwsStore<SystemClock>;
    type Fleet = LambdaFleet;
    type Clock = SystemClock;

    fn depth(&self) -> &Self::Depth {
        &self.store
    }

    fn history(&self) -> &Self::History {
        &self.history
    }

    fn ledger(&self) -> &Self::Ledger {
        &self.store
    }

    fn fleet(&self) -> &LambdaFleet {
        &self.fleet
    }

    fn clock(&self) -> &SystemClock {
        &self.clock
    }
}
