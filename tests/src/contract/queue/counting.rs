//! Counting: `Depth`.

use std::time::Duration;

use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::End;

use crate::contract::subject::{
    Subject, VISIBILITY, batch, parcel, push, push_delayed, settle, take, troops,
};

/// Nobody has used the queue: it is empty.
pub async fn an_unknown_queue_is_empty<S: Depth>(subject: Subject<S>) {
    let depth = subject.open().measure(&troops()).await.unwrap();
    assert_eq!(depth, QueueDepth::default());
}

/// Tasks are counted by what they wait for.
pub async fn tasks_are_counted_by_what_they_wait_for<S: Outbox + Inbox + Depth>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["1", "2", "3", "4", "5", "6", "7"]).await;
    push_delayed(&store, "b", &["8", "9"], VISIBILITY * 2).await;
    let found = take(&store, 4).await;
    let dead = End::Dead { letter: b"letter".to_vec(), batch: Some(batch("b")) };
    let retry = End::Retry { copy: parcel("b", "4"), delay: VISIBILITY * 2 };
    settle(&store, &found[0].receipt, dead).await;
    settle(&store, &found[1].receipt, retry).await;
    subject.clock.advance(Duration::from_secs(3));
    let counted =
        QueueDepth { ready: 3, in_flight: 2, delayed: 3, dead: 1, oldest: Some(Duration::from_secs(3)) };
    check(&store, counted).await;

    // All time is up, but nobody has received since.
    subject.clock.advance(VISIBILITY * 2);
    let counted = QueueDepth {
        ready: 8,
        in_flight: 0,
        delayed: 0,
        dead: 1,
        oldest: Some(VISIBILITY * 2 + Duration::from_secs(3)),
    };
    check(&store, counted).await;
    check(&subject.open(), counted).await;
}

/// `oldest` is compared only where the backend can tell.
async fn check<S: Depth>(store: &S, mut expected: QueueDepth) {
    let depth = store.measure(&troops()).await.unwrap();
    expected.oldest = depth.oldest.and(expected.oldest);
    assert_eq!(depth, expected);
}
