//! Hiding: visibility, delays, and which receipt counts.

use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled};

use crate::contract::subject::{Subject, bodies, done, push, push_delayed, settle, troops};

/// A delayed task is there when its delay has ended, not before.
pub async fn a_delay_hides<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    let (begun, delay) = (subject.now(), subject.visibility() * 2);
    push_delayed(&store, "b", &["later"], delay).await;
    subject.until(begun + delay - subject.moment()).await;
    assert_eq!(subject.take(&store, 10).await, []);
    subject.until(begun + delay).await;
    assert_eq!(bodies(&subject.gather(&store, 1).await), ["later"]);
    assert_eq!(subject.take(&store, 10).await, []);
}

/// A task not settled in time is given out again, and says so.
pub async fn visibility_expires<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one"]).await;
    let begun = subject.now();
    let first = subject.gather_one(&store).await;
    subject.until(begun + subject.visibility() - subject.moment()).await;
    assert_eq!(subject.take(&store, 10).await, []);
    subject.until(begun + subject.visibility()).await;
    let second = subject.gather_one(&store).await;
    assert_eq!((second.body, second.receives), (first.body, 2));
    assert!(second.hidden_until > first.hidden_until);
}

/// Once given out again, a task doesn't listen to the earlier receipt any more.
pub async fn an_old_receipt_is_stale<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one"]).await;
    let begun = subject.now();
    let old = subject.gather_one(&store).await.receipt;
    subject.until(begun + subject.visibility()).await;
    let latest = subject.gather_one(&store).await.receipt;
    assert_eq!(settle(&store, &old, done("b")).await, Settled::Stale);
    assert_eq!(settle(&store, &old, End::Release).await, Settled::Stale);
    let extended = store.extend(&troops(), &[old], subject.visibility() * 9).await;
    assert_eq!(extended.unwrap(), [Settled::Stale]);
    assert_eq!(subject.take(&store, 10).await, [], "nothing was released");
    assert_eq!(settle(&store, &latest, done("b")).await, Settled::Held);
    assert_eq!(settle(&store, &latest, done("b")).await, Settled::Stale);
}

/// A late receipt of a task that nobody else was given still counts, or changes nothing and the task comes back.
pub async fn a_late_receipt_holds<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let found = subject.gather(&store, 2).await;
    subject.until(subject.now() + subject.visibility()).await;
    // Makes both ready and receives one of them.
    let again = bodies(&subject.gather(&store, 1).await);
    let late = found.iter().find(|delivery| bodies(std::slice::from_ref(*delivery)) != again).unwrap();
    let settled = settle(&store, &late.receipt, done("b")).await;
    if subject.is_exact() || settled == Settled::Held {
        assert_eq!(settled, Settled::Held);
        assert_eq!(subject.take(&store, 10).await, []);
    } else {
        assert_eq!(subject.gather_one(&store).await.body, late.body);
    }
}

/// An extension counts from now on, entry by entry.
pub async fn an_extension_hides_longer<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let begun = subject.now();
    let found = subject.gather(&store, 2).await;
    assert_eq!(settle(&store, &found[0].receipt, done("b")).await, Settled::Held);
    subject.until(begun + subject.visibility() - subject.moment()).await;
    let receipts: Vec<_> = found.iter().map(|delivery| delivery.receipt.clone()).collect();
    let begun = subject.now();
    let extended = store.extend(&troops(), &receipts, subject.visibility()).await.unwrap();
    assert_eq!(extended, [Settled::Stale, Settled::Held]);
    subject.until(begun + subject.visibility() - subject.moment()).await;
    assert_eq!(subject.take(&store, 10).await, []);
    subject.until(begun + subject.visibility()).await;
    assert_eq!(subject.gather_one(&store).await.body, found[1].body);
}
