//! Tells people's own programs.

use std::future::Future;

use serde_json::Value;

use crate::completion::OnComplete;
use crate::fault::Fault;

/// Tells people's own programs that a batch has ended.
pub trait Hook: Send + Sync {
    /// Runs the command and calls the url of `on`, where there are any, with the summary.
    ///
    /// Ok promises that each of them has ended well: the command with exit code 0, the call with a 2xx answer. After a
    /// fault either may have been told. Each is broken off after 30 seconds.
    fn tell(&self, on: &OnComplete, summary: &Value) -> impl Future<Output = Result<(), Fault>> + Send;
}
