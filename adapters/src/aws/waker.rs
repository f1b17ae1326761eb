//! Waking the autoscaler, so that a drain begins within seconds of a push and not at the next full minute.

use aws_sdk_lambda::Client;
use jobq_core::fault::Fault;
use jobq_core::stack::Stack;

use super::invoke::invoke;
use super::sdk::Sdk;
use super::wake::Wake;

/// Has the autoscaler of `stack` look at every limit soon, and doesn't wait for it.
///
/// A fault costs at most a minute: the autoscaler's own rule wakes it then.
pub async fn wake_autoscaler(sdk: &Sdk, stack: &Stack) -> Result<(), Fault> {
    invoke(&Client::new(sdk.config()), &stack.autoscaler(), Wake::Push).await
}
