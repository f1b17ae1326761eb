//! Sizes the drainers of a limit.

use std::future::Future;

use crate::fault::Fault;
use crate::name::LimitName;

/// Sizes the drainers of a limit: how many may run at once, and starting more.
///
/// Who is at work is not asked here but read from the limit's document: it is the drainers' own word.
pub trait Fleet: Send + Sync {
    /// The most drainers that may run at once; `None` where no cap is set yet.
    fn cap(&self, limit: &LimitName) -> impl Future<Output = Result<Option<u32>, Fault>> + Send;

    /// Sets the cap, which is at least 1. Ends nobody who is at work. Repeats are safe.
    fn set_cap(&self, limit: &LimitName, cap: u32) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Asks for `count` more drainers and doesn't wait for them. They may start late, twice, or, above the cap,
    /// not at all.
    fn start(&self, limit: &LimitName, count: u32) -> impl Future<Output = Result<(), Fault>> + Send;
}
