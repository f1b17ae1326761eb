//! Trying again what must not be given up.

use std::future::Future;
use std::time::Duration;

use jobq_core::event::operations::{OperationFailed, OperationRecovered};
use jobq_core::fault::{Advice, Fault};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::metrics::Metrics;

use crate::world::World;

/// The longest pause between two tries.
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// Does `operation` until it succeeds or its fault says that trying again can't help.
///
/// Not bounded in number: what an API answered is worth waiting for a full disk to be cleared. A stop's
/// grace bounds it from outside.
pub(crate) async fn persist<W: World, T, F: Future<Output = Result<T, Fault>>>(
    world: &W,
    mut operation: impl FnMut() -> F,
) -> Result<T, Fault> {
    let mut tries = 0;
    loop {
        let fault = match operation().await {
            Ok(value) => {
                if tries > 0 {
                    world.metrics().record(&OperationRecovered.into());
                }
                return Ok(value);
            }
            Err(fault) => fault,
        };
        let Some(retry_in) = pause(&fault, tries) else {
            return Err(fault);
        };
        world.metrics().record(&OperationFailed { error: fault.chain(), retry_in }.into());
        world.clock().sleep(retry_in).await;
        tries += 1;
    }
}

/// How long to wait after the `tries`-th fault in a row; `None` if trying again can't help.
pub(crate) fn pause(fault: &Fault, tries: u32) -> Option<Duration> {
    match fault.advice() {
        Advice::Never => None,
        Advice::After(first) => Some(first.saturating_mul(2u32.saturating_pow(tries.min(8))).min(MOST_PAUSE)),
    }
}
