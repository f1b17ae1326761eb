//! Ending: what each end of a delivery leaves behind.

use std::time::Duration;

use jobq_core::batch::Tally;
use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::morgue::Morgue;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{Child, End, Settled, Settlement};
use jobq_core::task::{Method, Priority, Request, Task, TaskId};
use jobq_core::time::Timestamp;

use crate::contract::subject::{
    Subject, anybody, batch, bodies, counts, done, letters, member, normal_of, parcel, push, send, settle,
    stages, troops, warriors,
};

/// A task done is gone for good and counted once.
pub async fn done_is_gone<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one"]).await;
    let receipt = subject.gather_one(&store).await.receipt;
    assert_eq!(settle(&store, &receipt, done("b")).await, Settled::Held);
    assert_eq!(settle(&store, &receipt, done("b")).await, Settled::Stale);
    subject.until(subject.now() + subject.visibility() + subject.moment()).await;
    assert_eq!(subject.take(&subject.open(), 10).await, []);
    let counted = Tally { known: 1, done: 1, ..Tally::default() };
    assert_eq!(counts(&store, "b").await, Some(counted));
}

/// A task whose delivery has run out and that came to somebody else is counted once, whoever settles it and how.
pub async fn p1_a_task_delivered_again_is_counted_once<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let (store, other) = (subject.open(), subject.open());
    push(&store, "b", &["one"]).await;
    let first = subject.gather_one(&store).await;
    subject.until(subject.now() + subject.visibility() + subject.moment()).await;
    let again = subject.gather_one(&other).await;
    let end = || End::Done { of: member("b", "one"), children: Vec::new() };
    assert_eq!(settle(&other, &again.receipt, end()).await, Settled::Held);
    assert_eq!(settle(&store, &first.receipt, end()).await, Settled::Stale);
    let dead = End::Dead { letter: b"letter".to_vec(), of: Some(member("b", "one")) };
    assert_eq!(settle(&store, &first.receipt, dead).await, Settled::Stale);
    let counted = Tally { known: 1, done: 1, ..Tally::default() };
    assert_eq!(counts(&subject.open(), "b").await, Some(counted));
}

/// Two lines of a push with one id are two tasks of its batch, however they end and whoever gets which first.
pub async fn p1_two_tasks_of_one_id_are_two<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    let envelope = |line: u64| {
        let url = format!("https://api.example/{line}");
        let request = Request { method: Method::Get, url, headers: Vec::new(), body: None };
        let (id, priority, delay) = ("same".parse().unwrap(), Priority::Normal, Duration::ZERO);
        let task = Task { id, request, priority, delay };
        let envelope = Envelope::new(task, batch("b"), Timestamp::from_secs(1));
        envelope.seated(TaskId::of_line(&batch("b"), line))
    };
    send(&store, "b", [1, 2].map(|line| (envelope(line).seal(), Duration::ZERO)).into()).await;
    let found = subject.gather(&store, 2).await;
    let members = found.iter().map(|delivery| Envelope::decode(&delivery.body).unwrap().member());
    let ends: Vec<Settlement> = found
        .iter()
        .zip(members)
        .map(|(delivery, of)| {
            let (queue, receipt) = (troops(), delivery.receipt.clone());
            Settlement { queue, receipt, end: End::Done { of, children: Vec::new() } }
        })
        .collect();
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held; 2]);
    let counted = Tally { known: 2, done: 2, ..Tally::default() };
    assert_eq!(counts(&store, "b").await, Some(counted));
}

/// The children of a task done are there, in their queues and after their delays, known to the batch and sent once.
pub async fn children_come_with_the_end<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["parent"]).await;
    let receipt = subject.gather_one(&store).await.receipt;
    let delay = subject.visibility() * 2;
    let child = |queue, body: &str, delay| Child {
        queue,
        task: body.parse().unwrap(),
        parcel: parcel("b", body),
        delay,
    };
    let children = vec![
        child(troops(), "soon", Duration::ZERO),
        child(troops(), "later", delay),
        child(warriors(), "elsewhere", Duration::ZERO),
    ];
    let grown = || End::Done { of: member("b", "parent"), children: children.clone() };
    let begun = subject.now();
    assert_eq!(settle(&store, &receipt, grown()).await, Settled::Held);
    assert_eq!(settle(&store, &receipt, grown()).await, Settled::Stale);
    let counted = Tally { known: 4, done: 1, ..Tally::default() };
    assert_eq!(counts(&store, "b").await, Some(counted));
    let each = [(troops().to_string(), 3, 1, 0), (warriors().to_string(), 1, 0, 0)];
    assert_eq!(stages(&store, "b").await, each);
    let soon = subject.gather_one(&store).await;
    assert_eq!(soon.body, b"soon");
    assert_eq!(settle(&store, &soon.receipt, done("b")).await, Settled::Held);
    subject.until(begun + delay - subject.moment()).await;
    assert_eq!(subject.take(&store, 10).await, []);
    subject.until(begun + delay).await;
    assert_eq!(subject.gather_one(&store).await.body, b"later");
    let elsewhere = async || {
        let wait = Duration::from_secs(if subject.is_exact() { 0 } else { 1 });
        store.receive(&normal_of(&store, &warriors()), 10, subject.visibility(), wait).await.unwrap()
    };
    subject.settles_at(vec!["elsewhere".to_owned()], async || bodies(&elsewhere().await)).await;
}

/// A retry's copy takes the original's place after its delay, and is a new message.
pub async fn a_retry_comes_back<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["first try"]).await;
    // Longer than the original would have been hidden.
    let delay = subject.visibility() * 3;
    let retry = |delay| End::Retry { copy: parcel("b", "second try"), delay };
    let original = subject.gather_one(&store).await.receipt;
    let begun = subject.now();
    assert_eq!(settle(&store, &original, retry(delay)).await, Settled::Held);
    assert_eq!(settle(&store, &original, retry(delay)).await, Settled::Stale);
    subject.until(begun + delay - subject.moment()).await;
    assert_eq!(subject.take(&store, 10).await, []);
    subject.until(begun + delay).await;
    let copy = subject.gather_one(&store).await;
    assert_eq!((copy.body.as_slice(), copy.receives), (&b"second try"[..], 1));
    assert_eq!(settle(&store, &original, done("b")).await, Settled::Stale);

    let at_once = retry(Duration::ZERO);
    assert_eq!(settle(&store, &copy.receipt, at_once).await, Settled::Held);
    assert_eq!(bodies(&subject.gather(&store, 1).await), ["second try"]);
    assert_eq!(subject.take(&store, 10).await, []);
    let open = counts(&store, "b").await.unwrap();
    assert_eq!((open.known, open.open()), (1, 1));
}

/// A dead task leaves a letter; so does a message of no batch.
pub async fn dead_leaves_a_letter<S: Outbox + Inbox + Ledger + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let found = subject.gather(&store, 2).await;
    let dead = |letter: &[u8], of| End::Dead { letter: letter.to_vec(), of };
    let of_a_batch = dead(b"letter one", Some(anybody("b")));
    let of_none = dead(b"letter two", None);
    assert_eq!(settle(&store, &found[0].receipt, of_a_batch.clone()).await, Settled::Held);
    assert_eq!(settle(&store, &found[0].receipt, of_a_batch).await, Settled::Stale);
    assert_eq!(settle(&store, &found[1].receipt, of_none).await, Settled::Held);
    subject.until(subject.now() + subject.visibility() + subject.moment()).await;
    assert_eq!(subject.take(&store, 10).await, []);
    assert_eq!(letters(&store, &troops()).await, [b"letter one".to_vec(), b"letter two".to_vec()]);
    let counted = Tally { known: 2, dead: 1, ..Tally::default() };
    assert_eq!(counts(&store, "b").await, Some(counted));
}

/// A task handed back is there at once, for whoever comes next, and its receipt is used up.
pub async fn a_release_hands_back<S: Outbox + Inbox>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two"]).await;
    let first = subject.gather_one(&store).await;
    assert_eq!(settle(&store, &first.receipt, End::Release).await, Settled::Held);
    assert_eq!(settle(&store, &first.receipt, done("b")).await, Settled::Stale);
    let mut next = vec![subject.gather_one(&store).await];
    if subject.is_exact() {
        assert_eq!(next[0].body, first.body, "it keeps its place");
    }
    next.push(subject.gather_one(&store).await);
    let again = next.iter().find(|delivery| delivery.body == first.body).expect("it is there at once");
    assert!(again.receives <= 2, "the receive that led to nothing may be uncounted, no more");
}

/// Settlements are answered one by one, in order: a stale one spoils nothing.
pub async fn settlements_are_answered_one_by_one<S: Outbox + Inbox + Ledger>(subject: Subject<S>) {
    let store = subject.open();
    push(&store, "b", &["one", "two", "three"]).await;
    let found = subject.gather(&store, 3).await;
    assert_eq!(settle(&store, &found[1].receipt, done("b")).await, Settled::Held);
    let foreign = Receipt("not one of yours".to_owned());
    let receipts = [&found[0].receipt, &found[1].receipt, &foreign, &found[2].receipt, &found[0].receipt];
    let all =
        receipts.map(|receipt| Settlement { queue: troops(), receipt: receipt.clone(), end: done("b") });
    let answers = store.settle(&all).await.unwrap();
    use Settled::{Held, Stale};
    assert_eq!(answers, [Held, Stale, Stale, Held, Stale]);
    assert_eq!(store.settle(&[]).await.unwrap(), []);
    assert_eq!(counts(&store, "b").await.unwrap().done, 3);
}

/// Deliveries of all ends may be settled together, more of them than any one request takes.
pub async fn all_ends_go_together<S: Outbox + Inbox + Ledger + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    let names: Vec<String> = (0..48).map(|number| format!("{number:02}")).collect();
    push(&store, "b", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let found = subject.gather(&store, names.len()).await;
    let end = |(number, body): (usize, String)| match number % 4 {
        0 => done("b"),
        1 => End::Retry { copy: parcel("b", &body), delay: Duration::ZERO },
        2 => End::Dead { letter: body.into_bytes(), of: Some(anybody("b")) },
        _ => End::Release,
    };
    let ends: Vec<End> = bodies(&found).into_iter().enumerate().map(end).collect();
    let settlements: Vec<Settlement> = found
        .iter()
        .zip(&ends)
        .map(|(delivery, end)| Settlement {
            queue: troops(),
            receipt: delivery.receipt.clone(),
            end: end.clone(),
        })
        .collect();
    assert_eq!(store.settle(&settlements).await.unwrap(), [Settled::Held; 48]);
    let tally = counts(&store, "b").await;
    assert_eq!(tally, Some(Tally { known: 48, done: 12, dead: 12, skipped: 0 }));

    let named = |wanted: fn(&End) -> bool| {
        let wanted = bodies(&found).into_iter().zip(&ends).filter(|(_, end)| wanted(end));
        let mut names: Vec<String> = wanted.map(|(name, _)| name).collect();
        names.sort();
        names
    };
    let mut back = bodies(&subject.gather(&store, 24).await);
    back.sort();
    assert_eq!(back, named(|end| matches!(end, End::Retry { .. } | End::Release)));
    let letters = letters(&store, &troops()).await;
    let letters: Vec<String> = letters.into_iter().map(|it| String::from_utf8(it).unwrap()).collect();
    assert_eq!(letters, named(|end| matches!(end, End::Dead { .. })));
}
