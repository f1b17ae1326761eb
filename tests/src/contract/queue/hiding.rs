//! Hiding: visibility, delays, and which receipt counts.

use std::time::Duration;

use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled};

use crate::contract::subject::{
    Subject, VISIBILITY, bodies, done, push, push_delayed, settle, take, take_one, troops,
};

const MOMENT: Duration = Duration::from_millis(1);

/// A delayed task is there when its delay has ended, not before.
pub async fn a_delay_hides<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    let delay = Duration::from_secs(60);
    push_delayed(&store, "b", &["later"], delay).await;
    subject.clock.advance(delay - MOMENT);
    assert_eq!(take(&store, 10).await, []);
    subject.clock.advance(MOMENT);
    assert_eq!(bodies(&take(&store, 10).await), ["later"]);
}

/// A task not settled in time is given out again, and says so.
pub async fn visibility_expires<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one"]).await;
    let first = take_one(&store).await;
    subject.clock.advance(VISIBILITY - MOMENT);
    assert_eq!(take(&store, 10).await, []);
    subject.clock.advance(MOMENT);
    let second = take_one(&store).await;
    assert_eq!((second.body, second.receives), (first.body, 2));
    assert!(second.hidden_until > first.hidden_until);
}

/// Once given out again, a task doesn't listen to the earlier receipt any more.
pub async fn an_old_receipt_is_stale<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one"]).await;
    let old = take_one(&store).await.receipt;
    subject.clock.advance(VISIBILITY);
    let latest = take_one(&store).await.receipt;
    assert_eq!(settle(&store, &old, done("b")).await, Settled::Stale);
    assert_eq!(settle(&store, &old, End::Release).await, Settled::Stale);
    let extended = store.extend(&troops(), &[old], VISIBILITY * 9).await;
    assert_eq!(extended.unwrap(), [Settled::Stale]);
    assert_eq!(take(&store, 10).await, [], "nothing was released");
    assert_eq!(settle(&store, &latest, done("b")).await, Settled::Held);
    assert_eq!(settle(&store, &latest, done("b")).await, Settled::Stale);
}

/// A late receipt still counts as long as nobody else was given the task.
pub async fn a_late_receipt_holds<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let found = take(&store, 2).await;
    subject.clock.advance(VISIBILITY);
    // Makes both ready and receives one of them.
    assert_eq!(bodies(&take(&store, 1).await), ["one"]);
    assert_eq!(settle(&store, &found[1].receipt, done("b")).await, Settled::Held);
    assert_eq!(take(&store, 10).await, []);
}

/// An extension counts from now on, entry by entry.
pub async fn an_extension_hides_longer<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let found = take(&store, 2).await;
    assert_eq!(settle(&store, &found[0].receipt, done("b")).await, Settled::Held);
    subject.clock.advance(VISIBILITY - MOMENT);
    let receipts: Vec<_> = found.into_iter().map(|delivery| delivery.receipt).collect();
    let extended = store.extend(&troops(), &receipts, VISIBILITY).await.unwrap();
    assert_eq!(extended, [Settled::Stale, Settled::Held]);
    subject.clock.advance(VISIBILITY - MOMENT);
    assert_eq!(take(&store, 10).await, []);
    subject.clock.advance(MOMENT);
    assert_eq!(bodies(&take(&store, 10).await), ["two"]);
}
