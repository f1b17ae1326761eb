//! Fair order between batches. For adapters that promise it.

use std::time::Duration;

use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Parcel, Settlement};
use jobq_core::task::Priority;

use crate::contract::subject::{Subject, bodies, done, parcel, push, send, take, troops};

const MANY: usize = 20_000;

async fn push_many<S: Outbox>(store: &S, id: &str, priority: Priority) {
    let one = Parcel { priority, ..parcel(id, id) };
    send(store, id, vec![(one, Duration::ZERO); MANY]).await;
}

/// A few tasks pushed behind very many are served next.
pub async fn few_behind_many_are_next<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push_many(&store, "many", Priority::Normal).await;
    assert_eq!(take(&store, 100).await.len(), 100);
    push(&store, "few", &["few"; 5]).await;
    let next = bodies(&take(&store, 10).await);
    assert_eq!(next.iter().filter(|body| *body == "few").count(), 5, "{next:?}");
    assert_eq!(bodies(&take(&store, 10).await), ["many"; 10], "work goes on");
}

/// Batches of one priority share evenly; a more urgent one gets its multiple, and nobody starves.
pub async fn priorities_share_by_weight<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push_many(&store, "bulk", Priority::Bulk).await;
    push_many(&store, "one", Priority::Normal).await;
    push_many(&store, "two", Priority::Normal).await;
    push_many(&store, "high", Priority::High).await;
    let next = bodies(&take(&store, 810).await);
    let share = |name: &str| next.iter().filter(|body| *body == name).count();
    let (bulk, one, two, high) = (share("bulk"), share("one"), share("two"), share("high"));
    assert!(bulk.abs_diff(10) <= 1, "{bulk}");
    assert!(one.abs_diff(80) <= 1 && two.abs_diff(80) <= 1, "{one} {two}");
    assert!(high.abs_diff(640) <= 2, "{high}");
}

/// A batch that was idle has saved up nothing: it shares from now on.
pub async fn idling_saves_up_nothing<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "idler", &["idler"]).await;
    push_many(&store, "many", Priority::Normal).await;
    take(&store, 1_000).await;
    push(&store, "idler", &["idler"; 100]).await;
    let next = bodies(&take(&store, 100).await);
    let share = next.iter().filter(|body| *body == "idler").count();
    assert!(share.abs_diff(50) <= 1, "{share}");
}

/// Many retries at once crowd out neither their own batch nor a new one.
pub async fn retries_share_too<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push_many(&store, "many", Priority::Normal).await;
    let delay = Duration::from_secs(10);
    let retried: Vec<_> = take(&store, 500)
        .await
        .into_iter()
        .map(|delivery| Settlement {
            queue: troops(),
            receipt: delivery.receipt,
            end: End::Retry { copy: parcel("many", "again"), delay },
        })
        .collect();
    store.settle(&retried).await.unwrap();
    settle_all(&store, 500).await;
    subject.until(subject.now() + delay).await;
    push(&store, "few", &["few"; 5]).await;
    let next = bodies(&take(&store, 15).await);
    for name in ["few", "many", "again"] {
        let share = next.iter().filter(|body| *body == name).count();
        assert!(share.abs_diff(5) <= 1, "{next:?}");
    }
}

async fn settle_all<S: Inbox>(store: &S, max: usize) {
    let ends: Vec<_> = take(store, max)
        .await
        .into_iter()
        .map(|delivery| Settlement { queue: troops(), receipt: delivery.receipt, end: done("many") })
        .collect();
    store.settle(&ends).await.unwrap();
}
