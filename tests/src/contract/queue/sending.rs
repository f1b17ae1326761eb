//! Sending: batches, marks, and that what was sent is there.

use std::time::Duration;

use jobq_core::batch::{Mark, Opened};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::outbox::Outbox;

use crate::contract::subject::{Subject, VISIBILITY, batch, bodies, new_batch, parcel, push, take, troops};

/// What was sent is received as it was, in order, and once.
pub async fn sent_tasks_arrive_once<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    assert_eq!(take(&store, 10).await, []);
    push(&store, "b", &["one", "two", "three"]).await;
    let found = take(&store, 2).await;
    assert_eq!(bodies(&found), ["one", "two"]);
    for delivery in &found {
        assert_eq!(delivery.receives, 1);
        assert_eq!(delivery.queue, troops());
    }
    assert_eq!(bodies(&take(&store, 10).await), ["three"]);
    assert_eq!(take(&store, 10).await, []);
}

/// What was sent is still there after a restart.
pub async fn sent_tasks_last<S: Outbox + Inbox>(subject: Subject<S>) {
    push(&subject.open(), "b", &["one"]).await;
    assert_eq!(bodies(&take(&subject.open(), 10).await), ["one"]);
}

/// A batch resumes from its mark; parcels and mark go together.
pub async fn a_batch_resumes_from_its_mark<S: Outbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), Opened::New);
    let fresh = Opened::Resumed(Mark::default());
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), fresh);

    let mark = Mark { lines: 3, refused: 1, complete: false };
    let parcels = vec![(parcel("b", "one"), Duration::ZERO), (parcel("b", "two"), Duration::from_secs(5))];
    let (queue, id) = (troops(), batch("b"));
    store.send(&queue, &id, parcels, mark.clone()).await.unwrap();
    let again = subject.open();
    assert_eq!(again.open(&new_batch("b")).await.unwrap(), Opened::Resumed(mark));
    assert_eq!(again.tally(&id).await.unwrap().unwrap().known, 2);

    let end = Mark { lines: 3, refused: 1, complete: true };
    again.send(&queue, &id, Vec::new(), end.clone()).await.unwrap();
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), Opened::Resumed(end));
    assert_eq!(store.tally(&id).await.unwrap().unwrap().known, 2);
}

/// A batch made from another source or for another queue is left as it is.
pub async fn a_foreign_batch_is_left_alone<S: Outbox>(subject: Subject<S>) {
    let store = subject.open();
    store.open(&new_batch("b")).await.unwrap();
    let mut other_source = new_batch("b");
    other_source.source = "file two".to_owned();
    assert_eq!(store.open(&other_source).await.unwrap(), Opened::Foreign);
    let mut other_queue = new_batch("b");
    other_queue.queue = "warriors".parse().unwrap();
    assert_eq!(store.open(&other_queue).await.unwrap(), Opened::Foreign);
    let ours = Opened::Resumed(Mark::default());
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), ours);
}

/// A receive that waits ends with what is sent meanwhile, or empty at its deadline.
pub async fn a_receive_waits<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    let wait = Duration::from_secs(20);
    let queue = troops();
    let receive = || store.receive(&queue, 10, VISIBILITY, wait);
    let (found, ()) = futures::join!(receive(), push(&store, "b", &["one"]));
    assert_eq!(bodies(&found.unwrap()), ["one"]);
    let (found, ()) = futures::join!(receive(), async { subject.clock.advance(wait) });
    assert_eq!(found.unwrap(), []);
}
