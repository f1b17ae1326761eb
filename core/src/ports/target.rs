//! Makes calls.

use std::future::Future;
use std::time::Duration;

use crate::reply::{CallError, Reply};
use crate::task::Request;

/// Makes calls.
pub trait Target: Send + Sync {
    /// Makes exactly one HTTP request; redirects are returned, not followed.
    ///
    /// Secrets named in the request are put in now, and only those the limit lists. Only hosts the limit
    /// covers are called; unless it allows private addresses, the address really connected to is public.
    /// Ends within `timeout`, whole body read and decompressed, at most `max_response` bytes of it. Neither
    /// reply nor error holds a secret's value.
    fn call(
        &self,
        request: &Request,
        timeout: Duration,
        max_response: u64,
    ) -> impl Future<Output = Result<Reply, CallError>> + Send;
}
