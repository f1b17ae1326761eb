//! The contract of `Ledger`: limits' documents. Batches' counts are in `queue`, with what changes them.

use jobq_core::name::LimitName;
use jobq_core::policy::calendar::state::{LimitState, Pause};
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::time::Timestamp;

use super::subject::{Subject, batch};

/// How many compete in `competing_swaps_lose_no_update`.
const WRITERS: usize = 16;

/// How often each of them does, out of how many a store takes as a crowd.
const ROUNDS: usize = 30;

fn hermes() -> LimitName {
    "hermes".parse().unwrap()
}

/// A document that holds a number.
fn document(number: u64) -> LimitState {
    LimitState { last_slot: Some(Timestamp::from_nanos(number)), ..LimitState::default() }
}

fn number(state: &LimitState) -> u64 {
    state.last_slot.unwrap_or_default().as_nanos()
}

/// What nobody wrote yet is the default document at version 0.
pub async fn unknown_is_empty<S: Ledger>(subject: Subject<S>) {
    let store = subject.open();
    assert_eq!(store.load(&hermes()).await.unwrap(), Versioned::default());
    assert_eq!(store.tally(&batch("nobody")).await.unwrap(), None);
}

/// A document comes back as it was written, after a restart too.
pub async fn documents_last<S: Ledger>(subject: Subject<S>) {
    let mut state = document(u64::MAX);
    state.pause = Some(Pause { until: None });
    let written = subject.open().swap(&hermes(), Version(0), &state).await.unwrap();
    let Swap::Written(version) = written else {
        panic!("nobody else wrote: {written:?}");
    };
    let loaded = subject.open().load(&hermes()).await.unwrap();
    assert_eq!(loaded, Versioned { version, state });
    let other = "artemis".parse().unwrap();
    assert_eq!(subject.open().load(&other).await.unwrap(), Versioned::default());
}

/// Whoever comes second changes nothing and is told what is there.
pub async fn second_swap_conflicts<S: Ledger>(subject: Subject<S>) {
    let (one, two) = (subject.open(), subject.open());
    let Swap::Written(version) = one.swap(&hermes(), Version(0), &document(1)).await.unwrap() else {
        panic!("nobody else wrote");
    };
    let there = Versioned { version, state: document(1) };
    let late = two.swap(&hermes(), Version(0), &document(2)).await.unwrap();
    assert_eq!(late, Swap::Conflict(there.clone()));
    assert_eq!(one.load(&hermes()).await.unwrap(), there);
    let informed = two.swap(&hermes(), version, &document(2)).await.unwrap();
    assert!(matches!(informed, Swap::Written(next) if next != version));
}

/// Sixteen at once, each by its own handle, count to the exact sum.
pub async fn competing_swaps_lose_no_update<S: Ledger>(subject: Subject<S>) {
    let rounds = subject.crowd / ROUNDS;
    let stores: Vec<S> = (0..WRITERS).map(|_| subject.open()).collect();
    futures::future::join_all(stores.iter().map(|store| count_up(store, rounds))).await;
    let end = subject.open().load(&hermes()).await.unwrap();
    assert_eq!(number(&end.state), (WRITERS * rounds) as u64);
}

async fn count_up<S: Ledger>(store: &S, rounds: usize) {
    for _ in 0..rounds {
        let mut found = store.load(&hermes()).await.unwrap();
        loop {
            let next = document(number(&found.state) + 1);
            match store.swap(&hermes(), found.version, &next).await.unwrap() {
                Swap::Written(_) => break,
                Swap::Conflict(there) => found = there,
            }
        }
    }
}
