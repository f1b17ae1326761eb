//! The queue, the ledger and the dead letters of either backend, behind one name.

use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{BatchSummary, Mark, NewBatch, Opened, Tally};
use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::fault::Fault;
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::ports::morgue::{Cursor, Morgue, Page};
use jobq_core::ports::outbox::Outbox;
use jobq_core::queue::Queue;
use jobq_core::settlement::{Parcel, Settled, Settlement};
use jobq_core::task::TaskId;

/// The queue, the ledger and the dead letters of one backend. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Store {
    /// One SQLite file.
    Local(LocalStore<SystemClock>),
    /// A stack's SQS queues and DynamoDB table.
    Aws(AwsStore<SystemClock>),
}

/// Asks whichever backend it is.
macro_rules! ask {
    ($store:expr, $own:ident => $answer:expr) => {
        match $store {
            Store::Local($own) => $answer.await,
            Store::Aws($own) => $answer.await,
        }
    };
}

impl Store {
    /// The queues that were ever used; on AWS those the configuration knows are all there are.
    pub(crate) async fn queues(&self) -> Result<Vec<QueueName>, Fault> {
        match self {
            Self::Local(own) => own.queues().await,
            Self::Aws(_) => Ok(Vec::new()),
        }
    }

    /// Sees to it that a queue of no configuration is there; locally every queue is.
    pub(crate) async fn make_queue(&self, queue: &Queue) -> Result<(), Fault> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Aws(own) => own.make_queue(queue).await,
        }
    }

    /// Deletes a queue of no configuration that nobody has a use for any more; locally it costs nothing to keep.
    pub(crate) async fn delete_queue(&self, queue: &QueueName) -> Result<(), Fault> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Aws(own) => own.delete_queue(queue).await,
        }
    }

    /// The limits that were ever booked on.
    pub(crate) async fn limits(&self) -> Result<Vec<LimitName>, Fault> {
        ask!(self, own => own.limits())
    }

    /// All batches, the latest first.
    pub(crate) async fn batches(&self) -> Result<Vec<BatchSummary>, Fault> {
        ask!(self, own => own.batches())
    }

    /// The latest dead letter of a task, and the queue it came from, looked for in `queues` where the backend keeps
    /// no index of its own.
    pub(crate) async fn find_letter(
        &self,
        task: &TaskId,
        queues: &[QueueName],
    ) -> Result<Option<(QueueName, Vec<u8>)>, Fault> {
        match self {
            Self::Local(own) => own.find_letter(task).await,
            Self::Aws(own) => own.find_letter(queues, task).await,
        }
    }
}

impl Outbox for Store {
    async fn open(&self, batch: &NewBatch) -> Result<Opened, Fault> {
        ask!(self, own => Outbox::open(own, batch))
    }

    async fn send(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<(Parcel, Duration)>,
        mark: Mark,
    ) -> Result<(), Fault> {
        ask!(self, own => own.send(queue, batch, parcels, mark))
    }
}

impl Inbox for Store {
    async fn receive(
        &self,
        queue: &QueueName,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Fault> {
        ask!(self, own => own.receive(queue, max, visibility, wait))
    }

    async fn extend(
        &self,
        queue: &QueueName,
        receipts: &[Receipt],
        visibility: Duration,
    ) -> Result<Vec<Settled>, Fault> {
        ask!(self, own => own.extend(queue, receipts, visibility))
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        ask!(self, own => own.settle(settlements))
    }
}

impl Depth for Store {
    async fn measure(&self, queue: &QueueName) -> Result<QueueDepth, Fault> {
        ask!(self, own => own.measure(queue))
    }
}

impl Morgue for Store {
    async fn list(&self, queue: &QueueName, cursor: Option<Cursor>, max: usize) -> Result<Page, Fault> {
        ask!(self, own => own.list(queue, cursor, max))
    }
}

impl Ledger for Store {
    async fn load(&self, limit: &LimitName) -> Result<Versioned, Fault> {
        ask!(self, own => own.load(limit))
    }

    async fn swap(&self, limit: &LimitName, expected: Version, next: &LimitState) -> Result<Swap, Fault> {
        ask!(self, own => own.swap(limit, expected, next))
    }

    async fn tally(&self, batch: &BatchId) -> Result<Option<Tally>, Fault> {
        ask!(self, own => own.tally(batch))
    }
}
