//! Sharing: several handles on one store, at work at the same time.

use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use jobq_core::batch::Tally;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{Settled, Settlement};

use crate::contract::subject::{Subject, batch, bodies, done, parcel, send, take, troops};

const PUSHERS: usize = 2;
const DRAINERS: usize = 2;
const TASKS: usize = 600;

/// Two who send and two who drain, each by its own handle and in its own thread, lose and double nothing.
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
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                match work {
                    Work::Push(part) => push_part(&store, part).await,
                    Work::Drain => drain(&store).await,
                }
            })
        })
    };
    let works = (0..PUSHERS).map(Work::Push);
    let threads: Vec<_> = works.chain((0..DRAINERS).map(|_| Work::Drain)).map(spawn).collect();
    let drained: Vec<String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();

    let distinct: HashSet<&String> = drained.iter().collect();
    assert_eq!((drained.len(), distinct.len()), (PUSHERS * TASKS, PUSHERS * TASKS));
    let store = subject.open();
    assert_eq!(store.measure(&troops()).await.unwrap(), QueueDepth::default());
    let all = (PUSHERS * TASKS) as u64;
    let counted = Tally { known: all, done: all, dead: 0 };
    assert_eq!(store.tally(&batch("b")).await.unwrap(), Some(counted));
}

enum Work {
    Push(usize),
    Drain,
}

async fn push_part<S: Outbox>(store: &S, part: usize) -> Vec<String> {
    for task in 0..TASKS / 20 {
        let name = |n: usize| format!("{part}-{task}-{n}");
        let parcels = (0..20).map(|n| (parcel("b", &name(n)), Duration::ZERO)).collect();
        send(store, "b", parcels).await;
    }
    Vec::new()
}

/// Drains until the batch is done, whoever did it.
async fn drain<S: Inbox + Ledger>(store: &S) -> Vec<String> {
    let mut drained = Vec::new();
    loop {
        let found = take(store, 10).await;
        let ends: Vec<_> = found
            .iter()
            .map(|delivery| Settlement { queue: troops(), receipt: delivery.receipt.clone(), end: done("b") })
            .collect();
        let answers = store.settle(&ends).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Settled::Held));
        drained.extend(bodies(&found));
        let tally = store.tally(&batch("b")).await.unwrap().unwrap_or_default();
        if tally.done == (PUSHERS * TASKS) as u64 {
            return drained;
        }
    }
}
