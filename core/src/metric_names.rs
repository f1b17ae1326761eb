//! What the metrics of a stack are called: drainers and the autoscaler write them, alarms and the dashboard read them.
//!
//! Every metric has the two dimensions below and no others: each set of them is paid for, every month.

/// What keeps them apart from others' metrics.
pub const NAMESPACE: &str = "jobq";

/// The dimension that holds the stack's name: stacks of one account may have limits of the same name.
pub const STACK_DIMENSION: &str = "Stack";

/// The dimension that holds the limit's name.
pub const LIMIT_DIMENSION: &str = "Limit";

/// Calls that drainers started.
pub const CALLS_STARTED: &str = "CallsStarted";

/// Tasks that ended well.
pub const TASKS_DONE: &str = "TasksDone";

/// Tasks that went to their dead-letter queue by a drainer's hand.
pub const TASKS_DIED: &str = "TasksDied";

/// Answers that said the API was called too fast.
pub const THROTTLED: &str = "Throttled";

/// How much longer the limit cools, in seconds; 0 while it doesn't. The autoscaler writes it at every tick, for every
/// limit, whether it starts its drainers or not: an alarm waits for it.
pub const COOLING_SECONDS: &str = "CoolingSeconds";

/// How many drainers there should be. The autoscaler writes it at every tick.
pub const DRAINERS_DESIRED: &str = "DrainersDesired";

/// How many drainers there are. The autoscaler writes it at every tick.
pub const DRAINERS_ALIVE: &str = "DrainersAlive";

/// How many calls a second the limit allows now. The autoscaler writes it at every tick, unless there is no pace.
pub const RATE_ALLOWED: &str = "RateAllowed";
