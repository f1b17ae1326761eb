//! Sending: batches, marks, and that what was sent is there.

use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch, Opened, Tally};
use jobq_core::completion::{Followed, Sequel};
use jobq_core::envelope::Envelope;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{Child, Parcel};
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_core::time::Timestamp;

use crate::contract::subject::{
    Subject, Time, batch, bodies, counts, new_batch, normal, parcel, push, send, troops, warriors,
};

/// What was sent is received as it was and once; in order, where the store keeps one.
pub async fn sent_tasks_arrive_once<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    assert_eq!(subject.take(&store, 10).await, []);
    push(&store, "b", &["a", "b", "c"]).await;
    let mut found = subject.gather(&store, 2).await;
    found.extend(subject.gather(&store, 1).await);
    assert_eq!(subject.comparable(&found), ["a", "b", "c"]);
    for delivery in &found {
        assert_eq!(delivery.receives, 1);
        assert_eq!(delivery.queue, troops());
    }
    assert_eq!(subject.take(&store, 10).await, []);
}

/// Whatever characters a task holds, it comes out as it went in.
pub async fn any_text_arrives<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    let odd = "\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}\u{9f}\"\\é\u{d7ff}\u{e000}\u{fffd}\u{fffe}\u{ffff}\u{10000}\u{1fffe}\u{10ffff}";
    let request = Request {
        method: Method::Post,
        url: "https://api.example/troops".into(),
        headers: Vec::new(),
        body: Some(odd.into()),
    };
    let task =
        Task { id: "t-1".parse().unwrap(), request, priority: Priority::Normal, delay: Duration::ZERO };
    let envelope = Envelope::new(task, batch("b"), Timestamp::from_secs(1));
    send(&store, "b", vec![(envelope.seal(), Duration::ZERO)]).await;
    let found = subject.gather_one(&store).await;
    assert_eq!(Envelope::decode(&found.body).unwrap(), envelope);
}

/// Tasks of all sizes arrive, more of the large ones than any one request takes.
pub async fn large_tasks_arrive<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    let sizes = [1_000_000, 10, 700_000, 400_000, 1 << 20, 20, 300_000, 300_000, 300_000, 300_000, 30];
    let parcels = sizes.map(|bytes| {
        let body = vec![b'x'; bytes];
        (Parcel { body, batch: batch("b"), priority: Priority::Normal }, Duration::ZERO)
    });
    send(&store, "b", parcels.into()).await;
    let found = subject.gather(&store, sizes.len()).await;
    let mut arrived: Vec<usize> = found.iter().map(|delivery| delivery.body.len()).collect();
    let mut sizes = sizes;
    arrived.sort_unstable();
    sizes.sort_unstable();
    assert_eq!(arrived, sizes);
}

/// What was sent is still there after a restart.
pub async fn sent_tasks_last<S: Outbox + Inbox>(subject: Subject<S>) {
    push(&subject.open(), "b", &["one"]).await;
    assert_eq!(bodies(&subject.gather(&subject.open(), 1).await), ["one"]);
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
    assert_eq!(counts(&again, id.as_str()).await.unwrap().known, 2);

    let end = Mark { lines: 3, refused: 1, complete: true };
    again.send(&queue, &id, Vec::new(), end.clone()).await.unwrap();
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), Opened::Resumed(end));
    assert_eq!(counts(&store, id.as_str()).await.unwrap().known, 2);
}

/// A batch made from another source or for another queue is left as it is.
pub async fn a_foreign_batch_is_left_alone<S: Outbox>(subject: Subject<S>) {
    let store = subject.open();
    store.open(&new_batch("b")).await.unwrap();
    let mut other_source = new_batch("b");
    other_source.source = "file two".to_owned();
    assert_eq!(store.open(&other_source).await.unwrap(), Opened::Foreign);
    let mut other_queue = new_batch("b");
    other_queue.queue = warriors();
    assert_eq!(store.open(&other_queue).await.unwrap(), Opened::Foreign);
    let ours = Opened::Resumed(Mark::default());
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), ours);
}

/// A receive that waits ends with what is sent meanwhile, or empty at its deadline.
pub async fn a_receive_waits<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    let wait = if subject.is_exact() { Duration::from_secs(20) } else { Duration::from_secs(2) };
    let intake = normal(&store);
    let receive = || store.receive(&intake, 10, subject.visibility() * 2, wait);
    let (found, ()) = futures::join!(receive(), push(&store, "b", &["one"]));
    assert_eq!(bodies(&found.unwrap()), ["one"]);
    let begun = subject.now();
    let pass = async {
        if let Time::Hand(clock) = &subject.time {
            clock.advance(wait);
        }
    };
    let (found, ()) = futures::join!(receive(), pass);
    assert_eq!(found.unwrap(), []);
    assert!(subject.now() - begun >= wait - subject.moment());
}

/// What goes on from the end of a batch is pushed once, whole, and not into somebody else's batch.
pub async fn p1_a_sequel_is_pushed_once<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    let task = || {
        let (task, delay) = ("b-1".parse().unwrap(), Duration::ZERO);
        Sequel::Task(Box::new((
            new_batch("b"),
            Child { queue: troops(), task, parcel: parcel("b", "one"), delay },
        )))
    };
    for store in [&store, &store, &subject.open()] {
        assert_eq!(store.follow(task()).await.unwrap(), Followed::Pushed(troops()));
    }
    let counted = Tally { known: 1, ..Tally::default() };
    assert_eq!(store.tally(&batch("b")).await.unwrap(), Some(counted));
    assert_eq!(bodies(&subject.gather(&store, 1).await), ["one"]);
    assert_eq!(subject.take(&store, 10).await, []);
    // Killed between opening and sending, it goes on.
    store.open(&new_batch("begun")).await.unwrap();
    let (task, parcel) = ("begun-1".parse().unwrap(), parcel("begun", "two"));
    let child = Child { queue: troops(), task, parcel, delay: Duration::ZERO };
    let begun = Sequel::Task(Box::new((new_batch("begun"), child.clone())));
    assert_eq!(store.follow(begun).await.unwrap(), Followed::Pushed(troops()));
    assert_eq!(bodies(&subject.gather(&store, 1).await), ["two"]);
    let foreign = NewBatch { source: "another".to_owned(), ..new_batch("b") };
    let foreign = store.follow(Sequel::Task(Box::new((foreign, child)))).await.unwrap();
    assert!(foreign.failure().is_some_and(|why| why.contains("somebody else's")), "{foreign:?}");
    assert_eq!(store.follow(Sequel::Nothing).await.unwrap(), Followed::Nothing);
    assert_eq!(store.follow(Sequel::Failed("why".to_owned())).await.unwrap().failure(), Some("why"));
}
