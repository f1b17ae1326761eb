//! Looks into dead-letter queues.

use std::future::Future;

use crate::fault::Fault;
use crate::name::QueueName;

/// A place in a dead-letter queue to go on listing from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Some dead letters, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What lies there, oldest first; see [`crate::dead_letter::DeadLetter::decode`].
    pub letters: Vec<Vec<u8>>,
    /// Where to go on; none after the last page.
    pub next: Option<Cursor>,
}

/// Looks into dead-letter queues.
pub trait Morgue: Send + Sync {
    /// Lists up to `max` letters after `cursor`, from the beginning without one. Changes nothing that anybody
    /// can see when it has answered. Going through all pages shows each letter once that was there all the
    /// time; one that comes meanwhile may be shown, or not. A cursor is good for the handle that gave it, or
    /// a clone of it; one that leads nowhere is a fault that lasts. The first page may cost requests by the
    /// number of letters: see the adapter.
    fn list(
        &self,
        queue: &QueueName,
        cursor: Option<Cursor>,
        max: usize,
    ) -> impl Future<Output = Result<Page, Fault>> + Send;
}
