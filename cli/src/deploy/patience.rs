//! Asking AWS again where that may help. All tools of an account share a few requests a second to CloudFormation and
//! to Lambda's settings, so being told "later" is normal.

use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::clock::Clock;

/// How often a request is made in all: with the pauses between, for about a quarter of a minute.
const TRIES: u32 = 6;

/// The first pause; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// Asks until there is an answer, or a fault that lasts. For requests that may be repeated.
pub(crate) async fn persist<T>(
    clock: &impl Clock,
    ask: impl AsyncFn() -> Result<T, Fault>,
) -> Result<T, Fault> {
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        match ask().await {
            Err(fault) if fault.kind() == FaultKind::Passing => clock.sleep(pause).await,
            other => return other,
        }
        pause *= 2;
    }
    ask().await
}
