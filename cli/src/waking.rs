//! Waking the autoscaler when there is something to do.

use jobq_adapters::aws::waker::wake_autoscaler;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;

/// Wakes the autoscaler. What was sent is there without it: within a minute the autoscaler looks by itself.
pub(crate) async fn wake(project: &Project, printer: Printer) {
    let woken = match project.sdk().await {
        Ok(sdk) => wake_autoscaler(&sdk, &project.config.stack).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = woken {
        printer.warn(format_args!("the drain begins within a minute, not at once: {}", failure.message));
    }
}
