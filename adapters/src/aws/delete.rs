//! Deletes messages, in tens.

use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::clock::Clock;

use super::address::Address;
use super::packing::ENTRIES;
use super::store::AwsStore;
use super::tens::{Reply, Told, all, ask};

impl<C: Clock> AwsStore<C> {
    /// Deletes messages of the SQS queue of this name, `at_once` requests at a time. Each handle has the number it is answered by.
    pub(super) async fn delete_all(
        &self,
        operation: &str,
        name: String,
        handles: Vec<(usize, &str)>,
        at_once: usize,
    ) -> Told {
        let at = match self.address(operation, name).await {
            Ok(at) => at,
            Err(fault) => return Told::failed(fault),
        };
        let mut jobs = Vec::new();
        for chunk in handles.chunks(ENTRIES) {
            jobs.push(self.delete_ten(operation, &at, chunk));
        }
        all(jobs, at_once).await
    }

    async fn delete_ten(&self, operation: &str, at: &Address, chunk: &[(usize, &str)]) -> Told {
        let numbers = chunk.iter().map(|(number, _)| *number).collect();
        let request = |open: Vec<usize>| {
            let handles = chunk.iter().filter(|(number, _)| open.contains(number));
            let entry = |(number, handle): &(usize, &str)| entry(operation, *number, handle);
            self.delete_once(operation, at, handles.map(entry).collect())
        };
        ask(&self.clock, operation, numbers, request).await
    }

    async fn delete_once(
        &self,
        operation: &str,
        at: &Address,
        entries: Result<Vec<DeleteMessageBatchRequestEntry>, Fault>,
    ) -> Result<Reply, Fault> {
        let request = self.shared.queues.delete_message_batch().queue_url(&at.url);
        let deleted = request.set_entries(Some(entries?)).send().await;
        let deleted = deleted.map_err(|error| self.queue_fault(operation, at, error))?;
        Ok(Reply::new(deleted.successful.into_iter().map(|entry| entry.id), deleted.failed))
    }
}

fn entry(operation: &str, number: usize, handle: &str) -> Result<DeleteMessageBatchRequestEntry, Fault> {
    DeleteMessageBatchRequestEntry::builder()
        .id(number.to_string())
        .receipt_handle(handle)
        .build()
        .map_err(|error| Fault::new(FaultKind::Lasting, operation).caused_by(error))
}
