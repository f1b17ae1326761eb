//! Having a function run, without waiting for it.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::InvocationType;
use aws_smithy_types::Blob;
use jobq_core::fault::Fault;

use super::failure::{code, fault};
use super::wake::Wake;

/// What Lambda calls too many invocations at once.
const THROTTLED: &str = "TooManyRequestsException";

/// Has a function run soon. It may run late, twice, or not at all: what comes in is an event, not a call.
pub(super) async fn invoke(lambda: &Client, function: &str, wake: Wake) -> Result<(), Fault> {
    let payload = Blob::new(wake.payload().to_string());
    let invoke = lambda.invoke().function_name(function).invocation_type(InvocationType::Event);
    let answer = invoke.payload(payload).send().await;
    answer.map(drop).map_err(|error| {
        let why = if code(&error) == Some(THROTTLED) { ": Lambda throttles invocations" } else { "" };
        fault(format!("start {function}{why}"), error)
    })
}
