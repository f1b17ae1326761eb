//! Counting: `Depth`.

use std::time::Duration;

use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::End;

use crate::contract::subject::{Subject, Time, anybody, nobodys, parcel, push, push_delayed, settle, troops};

/// Nobody has used the queue, or has even made it: it is empty.
pub async fn an_unknown_queue_is_empty<S: Depth>(subject: Subject<S>) {
    for queue in [troops(), nobodys()] {
        let depth = subject.open().measure(&queue).await.unwrap();
        assert_eq!(depth, QueueDepth::default());
    }
}

/// Tasks are counted by what they wait for.
pub async fn tasks_are_counted_by_what_they_wait_for<S: Outbox + Inbox + Depth>(subject: Subject<S>) {
    let store = subject.open();
    let (begun, delay) = (subject.now(), subject.visibility() * 2);
    push(&store, "b", &["1", "2", "3", "4", "5", "6", "7"]).await;
    push_delayed(&store, "b", &["8", "9"], delay).await;
    let found = subject.gather(&store, 4).await;
    let dead = End::Dead { letter: b"letter".to_vec(), of: Some(anybody("b")) };
    let retry = End::Retry { copy: parcel("b", "4"), delay };
    settle(&store, &found[0].receipt, dead).await;
    settle(&store, &found[1].receipt, retry).await;
    let waited = Duration::from_secs(3);
    if let Time::Hand(clock) = &subject.time {
        clock.advance(waited);
    }
    let counted = QueueDepth { ready: 3, in_flight: 2, delayed: 3, dead: 1, oldest: Some(waited) };
    check(&subject, &store, counted).await;

    // All time is up, but nobody has received since.
    subject.until(begun + waited + delay).await;
    let counted = QueueDepth { ready: 8, in_flight: 0, delayed: 0, dead: 1, oldest: Some(waited + delay) };
    check(&subject, &store, counted).await;
    check(&subject, &subject.open(), counted).await;
}

/// `oldest` is compared only where the backend can tell.
async fn check<S: Depth>(subject: &Subject<S>, store: &S, expected: QueueDepth) {
    let measure = async || {
        let depth = store.measure(&troops()).await.unwrap();
        QueueDepth { oldest: depth.oldest.or(expected.oldest), ..depth }
    };
    subject.settles_at(expected, measure).await;
}
