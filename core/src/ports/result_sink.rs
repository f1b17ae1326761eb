//! Keeps what the API answered.

use std::future::Future;

use crate::fault::Fault;
use crate::record::Record;

/// Keeps what the API answered.
pub trait ResultSink: Send + Sync {
    /// Appends records. Ok promises that all of them are durable and each is whole. After a fault none, some
    /// or all may be there, each whole or not at all: a repeat may write a record twice, never half.
    fn append(&self, records: &[Record]) -> impl Future<Output = Result<(), Fault>> + Send;
}
