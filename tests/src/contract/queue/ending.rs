//! Ending: what each end of a delivery leaves behind.

use std::time::Duration;

use jobq_core::batch::Tally;
use jobq_core::delivery::Receipt;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::morgue::Morgue;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled, Settlement};

use crate::contract::subject::{
    Subject, VISIBILITY, batch, bodies, done, parcel, push, settle, take, take_one, troops,
};

/// A task done is gone for good and counted once.
pub async fn done_is_gone<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one"]).await;
    let receipt = take_one(&store).await.receipt;
    assert_eq!(settle(&store, &receipt, done("b")).await, Settled::Held);
    assert_eq!(settle(&store, &receipt, done("b")).await, Settled::Stale);
    subject.clock.advance(VISIBILITY * 2);
    assert_eq!(take(&subject.open(), 10).await, []);
    let counted = Tally { known: 1, done: 1, dead: 0 };
    assert_eq!(store.tally(&batch("b")).await.unwrap(), Some(counted));
}

/// A retry's copy takes the original's place after its delay, and is a new message.
pub async fn a_retry_comes_back<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["first try"]).await;
    let delay = Duration::from_secs(90);
    let retry = |delay| End::Retry { copy: parcel("b", "second try"), delay };
    let original = take_one(&store).await.receipt;
    assert_eq!(settle(&store, &original, retry(delay)).await, Settled::Held);
    assert_eq!(settle(&store, &original, retry(delay)).await, Settled::Stale);
    subject.clock.advance(delay - Duration::from_millis(1));
    assert_eq!(take(&store, 10).await, []);
    subject.clock.advance(Duration::from_millis(1));
    let copy = take_one(&store).await;
    assert_eq!((copy.body.as_slice(), copy.receives), (&b"second try"[..], 1));
    assert_eq!(settle(&store, &original, done("b")).await, Settled::Stale);

    let at_once = retry(Duration::ZERO);
    assert_eq!(settle(&store, &copy.receipt, at_once).await, Settled::Held);
    assert_eq!(bodies(&take(&store, 10).await), ["second try"]);
    let open = store.tally(&batch("b")).await.unwrap().unwrap();
    assert_eq!((open.known, open.open()), (1, 1));
}

/// A dead task leaves a letter; so does a message of no batch.
pub async fn dead_leaves_a_letter<S: Outbox + Inbox + Ledger + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let found = take(&store, 2).await;
    let dead = |letter: &[u8], batch| End::Dead { letter: letter.to_vec(), batch };
    let of_a_batch = dead(b"letter one", Some(batch("b")));
    let of_none = dead(b"letter two", None);
    assert_eq!(settle(&store, &found[0].receipt, of_a_batch.clone()).await, Settled::Held);
    assert_eq!(settle(&store, &found[0].receipt, of_a_batch).await, Settled::Stale);
    assert_eq!(settle(&store, &found[1].receipt, of_none).await, Settled::Held);
    subject.clock.advance(VISIBILITY * 2);
    assert_eq!(take(&store, 10).await, []);
    let page = store.list(&troops(), None, 10).await.unwrap();
    assert_eq!(page.letters, [b"letter one".to_vec(), b"letter two".to_vec()]);
    let counted = Tally { known: 2, done: 0, dead: 1 };
    assert_eq!(store.tally(&batch("b")).await.unwrap(), Some(counted));
}

/// A task handed back is there at once, for whoever comes next, and its receipt is used up.
pub async fn a_release_hands_back<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let first = take_one(&store).await;
    assert_eq!(settle(&store, &first.receipt, End::Release).await, Settled::Held);
    assert_eq!(settle(&store, &first.receipt, done("b")).await, Settled::Stale);
    let again = take_one(&store).await;
    assert_eq!(again.body, first.body, "it keeps its place");
    assert!(again.receives <= 2, "the receive that led to nothing may be uncounted, no more");
}

/// Settlements are answered one by one, in order: a stale one spoils nothing.
pub async fn settlements_are_answered_one_by_one<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two", "three"]).await;
    let found = take(&store, 3).await;
    assert_eq!(settle(&store, &found[1].receipt, done("b")).await, Settled::Held);
    let foreign = Receipt("not one of yours".to_owned());
    let receipts = [&found[0].receipt, &found[1].receipt, &foreign, &found[2].receipt];
    let all =
        receipts.map(|receipt| Settlement { queue: troops(), receipt: receipt.clone(), end: done("b") });
    let answers = store.settle(&all).await.unwrap();
    use Settled::{Held, Stale};
    assert_eq!(answers, [Held, Stale, Stale, Held]);
    assert_eq!(store.settle(&[]).await.unwrap(), []);
    assert_eq!(store.tally(&batch("b")).await.unwrap().unwrap().done, 3);
}
