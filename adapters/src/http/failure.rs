//! What the HTTP client's errors mean.

use std::error::Error;

use jobq_core::reply::CallError;

use super::names::Refused;

/// Why a call to `host` failed. The url stays out of it: it is long, and `host` says enough.
pub(super) fn of_call(error: &reqwest::Error, host: &str) -> CallError {
    if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
        return CallError::Forbidden(format!("{refused}, and its limit doesn't set allow_private"));
    }
    let mut line = host.to_owned();
    let mut last = String::new();
    for cause in causes(error).map(ToString::to_string) {
        // Some layers say nothing but what the one below them says.
        if !last.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
        last = cause;
    }
    if last.is_empty() {
        line.push_str(": the call failed");
    }
    CallError::Connection(line.replace(['\n', '\r'], " "))
}

/// What is behind an error, the nearest first.
fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}
