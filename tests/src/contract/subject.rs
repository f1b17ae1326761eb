//! What a suite is run against, and the few words its cases are written in.

use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch};
use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Parcel, Settled, Settlement};
use jobq_core::task::Priority;
use jobq_core::time::Timestamp;

use crate::hand_clock::HandClock;

/// How long a receive hides what it finds, unless a case is about that.
pub const VISIBILITY: Duration = Duration::from_secs(30);

/// A fresh, empty store.
pub struct Subject<S> {
    /// Tells the store's time.
    pub clock: HandClock,
    open: Box<dyn Fn(HandClock) -> S + Send + Sync>,
}

impl<S> Subject<S> {
    /// A store that `open` opens; it may be opened several times, each time as another process would.
    pub fn new(open: impl Fn(HandClock) -> S + Send + Sync + 'static) -> Self {
        Self { clock: HandClock::new(Timestamp::from_secs(1_700_000_000)), open: Box::new(open) }
    }

    /// A handle that shares nothing with others but what is stored.
    pub fn open(&self) -> S {
        (self.open)(self.clock.clone())
    }
}

/// The queue most cases use.
pub fn troops() -> QueueName {
    "troops".parse().unwrap()
}

/// A batch's id.
pub fn batch(id: &str) -> BatchId {
    id.parse().unwrap()
}

/// A batch of the queue `troops`, as a push opens it.
pub fn new_batch(id: &str) -> NewBatch {
    NewBatch {
        id: batch(id),
        queue: troops(),
        source: "file one".to_owned(),
        created_at: Timestamp::from_secs(1_700_000_000),
    }
}

/// A parcel with this body.
pub fn parcel(id: &str, body: &str) -> Parcel {
    Parcel { body: body.as_bytes().to_vec(), batch: batch(id), priority: Priority::Normal }
}

/// Opens a batch and sends it `bodies`.
pub async fn push<S: Outbox>(store: &S, id: &str, bodies: &[&str]) {
    push_delayed(store, id, bodies, Duration::ZERO).await;
}

/// Opens a batch and sends it `bodies`, all with a delay.
pub async fn push_delayed<S: Outbox>(store: &S, id: &str, bodies: &[&str], delay: Duration) {
    let parcels = bodies.iter().map(|body| (parcel(id, body), delay)).collect();
    send(store, id, parcels).await;
}

/// Opens a batch and sends it parcels.
pub async fn send<S: Outbox>(store: &S, id: &str, parcels: Vec<(Parcel, Duration)>) {
    store.open(&new_batch(id)).await.unwrap();
    store.send(&troops(), &batch(id), parcels, Mark::default()).await.unwrap();
}

/// Receives what is there now.
pub async fn take<S: Inbox>(store: &S, max: usize) -> Vec<Delivery> {
    store.receive(&troops(), max, VISIBILITY, Duration::ZERO).await.unwrap()
}

/// Receives the one task that must be there.
pub async fn take_one<S: Inbox>(store: &S) -> Delivery {
    let mut found = take(store, 1).await;
    found.pop().expect("a task is waiting")
}

/// Ends one delivery.
pub async fn settle<S: Inbox>(store: &S, receipt: &Receipt, end: End) -> Settled {
    let settlement = Settlement { queue: troops(), receipt: receipt.clone(), end };
    store.settle(&[settlement]).await.unwrap()[0]
}

/// The end of a task of batch `id` whose call ended well.
pub fn done(id: &str) -> End {
    End::Done { batch: batch(id) }
}

/// The bodies of deliveries, as text.
pub fn bodies(deliveries: &[Delivery]) -> Vec<String> {
    let text = |delivery: &Delivery| String::from_utf8(delivery.body.clone()).unwrap();
    deliveries.iter().map(text).collect()
}
