//! Sharing: several handles on one store, at work at the same time.

use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{Settled, Settlement};

use crate::contract::subject::{Subject, batch, bodies, counts, done, parcel, send, troops};

const PUSHERS: usize = 2;
const DRAINERS: usize = 2;

/// Two who send and two who drain, each by its own handle and in its own thread, lose and double nothing. A store that
/// isn't exact may deliver a task twice, and then counts it twice.
pub async fn handles_lose_and_double_nothing<S>(subject: Subject<S>)
where
    S: Outbox + Inbox + Depth + Ledger + Send + 'static,
{
    let subject = Arc::new(subject);
    let start = Arc::new(Barrier::new(PUSHERS + DRAINERS));
    let spawn = |work: Work| {
        let (subject, start) = (Arc::clone(&subject), Arc::clone(&start));
        std::thread::spawn(move || {
            start.wait();
            let store = subject.open();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                match work {
                    Work::Push(part) => push_part(&store, part, subject.crowd).await,
                    Work::Drain => drain(&subject, &store).await,
                }
            })
        })
    };
    let works = (0..PUSHERS).map(Work::Push);
    let threads: Vec<_> = works.chain((0..DRAINERS).map(|_| Work::Drain)).map(spawn).collect();
    let drained: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();

    let all = PUSHERS * subject.crowd;
    let distinct: HashSet<&String> = drained.iter().collect();
    assert_eq!(distinct.len(), all);
    assert!(drained.len() == all || !subject.is_exact(), "{} of {all}", drained.len());
    let store = subject.open();
    subject.settles_at(QueueDepth::default(), async || store.measure(&troops()).await.unwrap()).await;
    let tally = counts(&store, "b").await.unwrap();
    assert_eq!((tally.known, tally.done, tally.dead), (all as u64, drained.len() as u64, 0));
}

enum Work {
    Push(usize),
    Drain,
}

async fn push_part<S: Outbox>(store: &S, part: usize, tasks: usize) -> Vec<String> {
    for task in 0..tasks / 20 {
        let name = |n: usize| format!("{part}-{task}-{n}");
        let parcels = (0..20).map(|n| (parcel("b", &name(n)), Duration::ZERO)).collect();
        send(store, "b", parcels).await;
    }
    Vec::new()
}

/// Drains until the batch is done, whoever did it.
async fn drain<S: Inbox + Ledger>(subject: &Subject<S>, store: &S) -> Vec<String> {
    let mut drained = Vec::new();
    loop {
        let found = subject.take(store, 10).await;
        let ends: Vec<_> = found
            .iter()
            .map(|delivery| Settlement { queue: troops(), receipt: delivery.receipt.clone(), end: done("b") })
            .collect();
        let answers = store.settle(&ends).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Settled::Held));
        drained.extend(bodies(&found));
        let tally = store.tally(&batch("b")).await.unwrap().unwrap_or_default();
        // A task in hand is counted before its drainer asks: the other one's last tasks are in its own list.
        if found.is_empty() && tally.done >= (PUSHERS * subject.crowd) as u64 {
            return drained;
        }
    }
}
