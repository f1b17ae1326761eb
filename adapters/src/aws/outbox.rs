//! Sends tasks to SQS and keeps how far a push has come in DynamoDB.
//!
//! The two can't be written at once. The mark comes last, so that it never promises what isn't there: a push cut short
//! between them sends up to one load again when it goes on.

use std::collections::HashMap;
use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::Parcel;
use jobq_core::stack::LONGEST_DELAY;
use jobq_core::task::Priority;

use super::packing::Message;
use super::store::AwsStore;
use super::sums::Sums;

/// Requests under way at once: enough to fill a laptop's way to its region.
const AT_ONCE: usize = 8;

impl<C: Clock> Outbox for AwsStore<C> {
    async fn open(&self, batch: &NewBatch) -> Result<Opened, Fault> {
        // Before the batch is made: without a queue it would be left behind.
        for lane in self.shared.stack.lanes(&batch.queue) {
            self.address(&format!("open batch '{}'", batch.id), lane).await?;
        }
        let (opened, created_at) = self.open_batch(batch).await?;
        if opened != Opened::Foreign {
            // A resumed one too: its push may have been killed just before this.
            self.note_latest(&batch.id, created_at).await?;
        }
        Ok(opened)
    }

    async fn send(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<(Parcel, Duration)>,
        mark: Mark,
    ) -> Result<(), Fault> {
        let operation = format!("send to queue '{queue}'");
        self.send_messages(queue, batch, self.messages(&operation, parcels)?, &mark).await
    }
}

/// Messages by the lane they go to, each with its number.
pub(super) type Lanes = HashMap<Priority, Vec<(usize, Message)>>;

impl<C: Clock> AwsStore<C> {
    /// Sends messages and then moves the mark.
    pub(super) async fn send_messages(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        lanes: Lanes,
        mark: &Mark,
    ) -> Result<(), Fault> {
        let operation = format!("send to queue '{queue}'");
        let sent = u64::try_from(lanes.values().map(Vec::len).sum::<usize>()).unwrap_or(u64::MAX);
        for (lane, messages) in lanes {
            let told =
                self.send_all(&operation, self.shared.stack.lane(queue, lane), messages, AT_ONCE).await;
            told.fault.map_or(Ok(()), Err)?;
        }
        self.count_sent(batch, &Sums::sent(queue, sent), mark).await?;
        // The last of its tasks may have ended before this.
        if mark.complete { self.finish_at_length(batch).await } else { Ok(()) }
    }

    /// The messages of each lane, all of them checked before any is sent.
    pub(super) fn messages(&self, operation: &str, parcels: Vec<(Parcel, Duration)>) -> Result<Lanes, Fault> {
        let mut lanes = Lanes::new();
        for (number, (parcel, delay)) in parcels.into_iter().enumerate() {
            // Who sends more has not cut it into stretches: it would come sooner than somebody wants it.
            if delay > LONGEST_DELAY {
                let cause = format!(
                    "a task has a delay of {} s, SQS takes {}",
                    delay.as_secs(),
                    LONGEST_DELAY.as_secs()
                );
                return Err(Fault::new(FaultKind::Lasting, operation).caused_by(cause));
            }
            let message = self.task(operation, &parcel, delay)?;
            lanes.entry(parcel.priority).or_default().push((number, message));
        }
        Ok(lanes)
    }
}
