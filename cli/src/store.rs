//! The queue, the ledger and the dead letters of either backend, behind one name.

use std::time::Duration;

use jobq_adapters::aws::morgue::AwsRound;
use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::minutes::Lately;
use jobq_adapters::sqlite::morgue::LocalRound;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{BatchSummary, Mark, NewBatch, Opened, Stage, Tally};
use jobq_core::completion::{Completion, Followed};
use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::fault::Fault;
use jobq_core::intake::Intake;
use jobq_core::letter::LetterId;
use jobq_core::likeness::{Once, Single};
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::completions::Completions;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::ports::morgue::{Fate, Found, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::queue::Queue;
use jobq_core::settlement::{Parcel, Settled, Settlement};
use jobq_core::task::Priority;

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

    /// What came to a queue and ended in the last 60 seconds; none where the backend doesn't count it.
    pub(crate) async fn lately(&self, queue: &QueueName) -> Result<Option<Lately>, Fault> {
        match self {
            Self::Local(own) => own.lately(queue).await.map(Some),
            Self::Aws(_) => Ok(None),
        }
    }

    /// How many tasks of each lane of a queue may be received now, by [`Priority::ALL`].
    pub(crate) async fn ready_by_lane(&self, queue: &QueueName) -> Result<[u64; Priority::ALL.len()], Fault> {
        ask!(self, own => own.ready_by_lane(queue))
    }

    /// All batches, the latest first. On AWS it reads the whole table.
    pub(crate) async fn batches(&self) -> Result<Vec<BatchSummary>, Fault> {
        ask!(self, own => own.batches())
    }

    /// One batch; none if nobody has opened it.
    pub(crate) async fn batch(&self, id: &BatchId) -> Result<Option<BatchSummary>, Fault> {
        ask!(self, own => own.batch(id))
    }

    /// Notes that a batch is canceled, and takes its waiting tasks out of their queues where the backend can do that:
    /// answers with how many there were.
    pub(crate) async fn cancel(&self, id: &BatchId) -> Result<u64, Fault> {
        match self {
            Self::Local(own) => Ok(own.cancel(id).await?.unwrap_or(0)),
            Self::Aws(own) => own.cancel(id).await.map(|()| 0),
        }
    }

    /// So many batches, the latest first. On AWS it is a read each and one more, however many there are.
    pub(crate) async fn latest_batches(&self, most: usize) -> Result<Vec<BatchSummary>, Fault> {
        match self {
            Self::Local(_) => {
                let mut batches = self.batches().await?;
                batches.truncate(most);
                Ok(batches)
            }
            Self::Aws(own) => own.latest_batches(most).await,
        }
    }

    /// Deletes every task of a queue. Answers with how many there were where the backend tells.
    pub(crate) async fn purge(&self, queue: &QueueName) -> Result<Option<u64>, Fault> {
        match self {
            Self::Local(own) => own.purge(queue).await.map(Some),
            Self::Aws(own) => own.purge(queue).await.map(|()| None),
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

impl Completions for Store {
    async fn untold(&self, of: &[QueueName], most: usize, hold: Duration) -> Result<Vec<Completion>, Fault> {
        match self {
            Self::Local(own) => own.untold(of, most, hold).await,
            // There the drainer that ends a batch tells it.
            Self::Aws(_) => Ok(Vec::new()),
        }
    }

    async fn told(&self, completion: &Completion, followed: &Followed) -> Result<(), Fault> {
        match self {
            Self::Local(own) => own.told(completion, followed).await,
            Self::Aws(_) => Ok(()),
        }
    }
}

impl Singles for Store {
    async fn send_once(
        &self,
        queue: &QueueName,
        batch: &BatchId,
        parcels: Vec<Single>,
        mark: Mark,
    ) -> Result<Vec<Once>, Fault> {
        ask!(self, own => own.send_once(queue, batch, parcels, mark))
    }
}

impl Inbox for Store {
    fn intakes(&self, queue: &QueueName) -> Vec<Intake> {
        match self {
            Self::Local(own) => own.intakes(queue),
            Self::Aws(own) => own.intakes(queue),
        }
    }

    async fn receive(
        &self,
        intake: &Intake,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Fault> {
        ask!(self, own => own.receive(intake, max, visibility, wait))
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

/// A walk through dead letters of one backend.
pub(crate) enum StoreRound {
    Local(LocalRound<SystemClock>),
    Aws(AwsRound<SystemClock>),
}

impl Morgue for Store {
    type Round = StoreRound;

    fn round(&self, queue: &QueueName) -> StoreRound {
        match self {
            Self::Local(own) => StoreRound::Local(own.round(queue)),
            Self::Aws(own) => StoreRound::Aws(own.round(queue)),
        }
    }
}

impl Round for StoreRound {
    async fn next(&mut self) -> Result<Vec<Found>, Fault> {
        match self {
            Self::Local(own) => own.next().await,
            Self::Aws(own) => own.next().await,
        }
    }

    async fn end(&mut self, fates: Vec<(LetterId, Fate)>) -> Result<Vec<Settled>, Fault> {
        match self {
            Self::Local(own) => own.end(fates).await,
            Self::Aws(own) => own.end(fates).await,
        }
    }

    async fn close(self) -> Result<(), Fault> {
        match self {
            Self::Local(own) => own.close().await,
            Self::Aws(own) => own.close().await,
        }
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

    async fn stages(&self, batch: &BatchId) -> Result<Vec<Stage>, Fault> {
        ask!(self, own => own.stages(batch))
    }
}
