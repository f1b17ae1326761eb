//! The contract of `Singles`: what is alike is sent once, for as long as it is remembered, and nothing is lost by it.

use std::time::{Duration, SystemTime};

use jobq_core::batch::{Mark, Opened};
use jobq_core::fault::FaultKind;
use jobq_core::likeness::{Likeness, Once, Single};
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::time::Timestamp;

use crate::contract::subject::{Subject, Time, batch, new_batch, parcel, troops, warriors};

/// Longer than any case takes.
const LONG: Duration = Duration::from_secs(3_600);

/// Of several alike one is sent, in whichever batch, and the others are answered one by one and counted nowhere.
pub async fn what_is_alike_is_sent_once<S: Outbox + Inbox + Ledger + Singles>(subject: Subject<S>) {
    let store = subject.open();
    assert_eq!(sent(&subject, &store, "b", &["a", "b", "a"], LONG, 3).await, [true, true, false]);
    let other = subject.open();
    assert_eq!(sent(&subject, &other, "c", &["b", "c", "a"], LONG, 3).await, [false, true, false]);
    let mut found = subject.gather(&store, 3).await;
    found.sort_by(|one, other| one.body.cmp(&other.body));
    assert_eq!(subject.comparable(&found), ["a", "b", "c"]);
    assert_eq!(subject.take(&store, 10).await, []);
    let known = async |id: &str| store.tally(&batch(id)).await.unwrap().map(|tally| tally.known);
    assert_eq!((known("b").await, known("c").await), (Some(2), Some(1)));
    let Opened::Resumed(mark) = store.open(&new_batch("c")).await.unwrap() else {
        panic!("the batch is gone");
    };
    assert_eq!(mark.lines, 3, "the mark moves over what was left out");
}

/// What is remembered of one queue means nothing to another.
pub async fn each_queue_remembers_for_itself<S: Outbox + Singles>(subject: Subject<S>) {
    let store = subject.open();
    assert_eq!(sent(&subject, &store, "b", &["a"], LONG, 1).await, [true]);
    let mut elsewhere = new_batch("w");
    elsewhere.queue = warriors();
    store.open(&elsewhere).await.unwrap();
    let ends = send_once(&store, &warriors(), "w", singles(&subject, "w", &["a"], LONG), 1).await;
    assert_eq!(ends, [Once::Sent]);
}

/// At the instant at which it ends, and not before, it is sent again and remembered anew.
pub async fn what_is_over_is_sent_again<S: Outbox + Singles>(subject: Subject<S>) {
    let store = subject.open();
    let lasting = if subject.is_exact() { Duration::from_secs(86_400) } else { Duration::from_secs(4) };
    let begun = subject.now();
    assert_eq!(sent(&subject, &store, "b", &["a"], lasting, 1).await, [true]);
    subject.until(begun + lasting - subject.moment()).await;
    let before = sent(&subject, &store, "c", &["a"], LONG, 1).await;
    // A machine that was held up in between proves nothing.
    assert!(before == [false] || subject.now() >= begun + lasting, "{before:?}");
    subject.until(begun + lasting + subject.moment()).await;
    if before == [false] {
        assert_eq!(sent(&subject, &store, "d", &["a"], LONG, 1).await, [true]);
    }
    assert_eq!(sent(&subject, &store, "e", &["a"], LONG, 1).await, [false]);
}

/// A push that goes on is not hindered by what it had begun itself: as far as its mark hasn't come, it may send again.
pub async fn p1_what_was_claimed_and_not_marked_is_sent<S: Outbox + Inbox + Singles>(subject: Subject<S>) {
    let store = subject.open();
    store.open(&new_batch("b")).await.unwrap();
    // A call that is broken off at its first wait: it has come anywhere, or nowhere.
    let parcels = singles(&subject, "b", &["a", "b"], LONG);
    let mark = Mark { lines: 2, ..Mark::default() };
    {
        let (queue, id) = (troops(), batch("b"));
        let mut broken_off = Box::pin(store.send_once(&queue, &id, parcels.clone(), mark.clone()));
        let _ = futures::poll!(broken_off.as_mut());
    }
    let Opened::Resumed(stored) = store.open(&new_batch("b")).await.unwrap() else {
        panic!("the batch is gone");
    };
    if stored != mark {
        assert_eq!(send_once(&store, &troops(), "b", parcels, 2).await, [Once::Sent, Once::Sent]);
    }
    let found = subject.gather(&store, 2).await;
    let mut bodies = subject.comparable(&found);
    bodies.sort();
    assert_eq!(bodies, ["a", "b"]);
}

/// Without a batch nothing is sent, and nothing is remembered that would hinder who comes later.
pub async fn p1_nothing_is_remembered_of_a_batch_nobody_opened<S: Outbox + Singles>(subject: Subject<S>) {
    let store = subject.open();
    let parcels = singles(&subject, "b", &["a"], LONG);
    let fault = store.send_once(&troops(), &batch("b"), parcels, Mark::default()).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert_eq!(sent(&subject, &store, "b", &["a"], LONG, 1).await, [true]);
}

/// Opens a batch, pushes `bodies` to it as lines 1, 2, ..., and says which were sent.
async fn sent<S: Outbox + Singles>(
    subject: &Subject<S>,
    store: &S,
    id: &str,
    bodies: &[&str],
    lasting: Duration,
    lines: u64,
) -> Vec<bool> {
    store.open(&new_batch(id)).await.unwrap();
    let ends = send_once(store, &troops(), id, singles(subject, id, bodies, lasting), lines).await;
    ends.into_iter().map(|end| end == Once::Sent).collect()
}

async fn send_once<S: Singles>(
    store: &S,
    queue: &QueueName,
    id: &str,
    parcels: Vec<Single>,
    lines: u64,
) -> Vec<Once> {
    let mark = Mark { lines, ..Mark::default() };
    store.send_once(queue, &batch(id), parcels, mark).await.unwrap()
}

fn singles<S>(subject: &Subject<S>, id: &str, bodies: &[&str], lasting: Duration) -> Vec<Single> {
    let until = now(subject).plus(lasting);
    let single = |(line, body): (u64, &&str)| {
        let mut likeness = [0; 16];
        likeness[..body.len()].copy_from_slice(body.as_bytes());
        let (parcel, delay) = (parcel(id, body), Duration::ZERO);
        Single { parcel, delay, line, likeness: Likeness::new(likeness), until }
    };
    (1..).zip(bodies).map(single).collect()
}

#[allow(clippy::disallowed_methods, reason = "the server's time can't be moved")]
fn now<S>(subject: &Subject<S>) -> Timestamp {
    match &subject.time {
        Time::Hand(clock) => clock.now(),
        Time::Real(_) => Timestamp::EPOCH.plus(SystemTime::UNIX_EPOCH.elapsed().unwrap()),
    }
}
