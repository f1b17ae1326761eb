//! Changes how long deliveries stay hidden, in tens.

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::clock::Clock;

use super::address::Address;
use super::packing::ENTRIES;
use super::store::AwsStore;
use super::tens::{Reply, Told, all, ask};

impl<C: Clock> AwsStore<C> {
    /// Hides messages of the SQS queue of this name for so many seconds from now on, or shows them for none, `at_once`
    /// requests at a time. Each handle has the number it is answered by.
    pub(super) async fn hide_all(
        &self,
        operation: &str,
        name: String,
        handles: Vec<(usize, &str)>,
        seconds: i32,
        at_once: usize,
    ) -> Told {
        let at = match self.address(operation, name).await {
            Ok(at) => at,
            Err(fault) => return Told::failed(fault),
        };
        let mut jobs = Vec::new();
        for chunk in handles.chunks(ENTRIES) {
            jobs.push(self.hide_ten(operation, &at, chunk, seconds));
        }
        all(jobs, at_once).await
    }

    async fn hide_ten(&self, operation: &str, at: &Address, chunk: &[(usize, &str)], seconds: i32) -> Told {
        let numbers = chunk.iter().map(|(number, _)| *number).collect();
        let request = |open: Vec<usize>| {
            let handles = chunk.iter().filter(|(number, _)| open.contains(number));
            let entry = |(number, handle): &(usize, &str)| entry(operation, *number, handle, seconds);
            self.hide_once(operation, at, handles.map(entry).collect())
        };
        ask(&self.clock, operation, numbers, request).await
    }

    async fn hide_once(
        &self,
        operation: &str,
        at: &Address,
        entries: Result<Vec<ChangeMessageVisibilityBatchRequestEntry>, Fault>,
    ) -> Result<Reply, Fault> {
        let request = self.shared.queues.change_message_visibility_batch().queue_url(&at.url);
        let hidden = request.set_entries(Some(entries?)).send().await;
        let hidden = hidden.map_err(|error| self.queue_fault(operation, at, error))?;
        Ok(Reply::new(hidden.successful.into_iter().map(|entry| entry.id), hidden.failed))
    }
}

fn entry(
    operation: &str,
    number: usize,
    handle: &str,
    seconds: i32,
) -> Result<ChangeMessageVisibilityBatchRequestEntry, Fault> {
    ChangeMessageVisibilityBatchRequestEntry::builder()
        .id(number.to_string())
        .receipt_handle(handle)
        .visibility_timeout(seconds)
        .build()
        .map_err(|error| Fault::new(FaultKind::Lasting, operation).caused_by(error))
}
