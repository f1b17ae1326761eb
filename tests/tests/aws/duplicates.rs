//! Claims of tasks whose like isn't sent again: what becomes of those of a push that was killed, and what they cost.

use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_core::batch::Mark;
use jobq_core::likeness::{Likeness, Once, Single};
use jobq_core::policy::claim::HELD;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::time::Timestamp;
use jobq_tests::aws::ministack;
use jobq_tests::aws::proxy::{Proxy, Trouble};
use jobq_tests::contract::subject::{batch, new_batch, parcel, troops};
use jobq_tests::hand_clock::HandClock;

use crate::parts;

/// A clock whose time passes while somebody sleeps, and then at once.
#[derive(Clone)]
struct Leaping(HandClock);

impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn uptime(&self) -> Duration {
        self.0.uptime()
    }

    async fn sleep(&self, length: Duration) {
        self.0.advance(length);
    }
}

fn new_clock() -> Leaping {
    Leaping(HandClock::new(Timestamp::from_secs(1_700_000_000)))
}

async fn behind_proxy(clock: &Leaping) -> (AwsStore<Leaping>, Proxy) {
    let url = ministack().url();
    let stack = parts::new_stack();
    parts::make_table(&url, &stack).await;
    parts::make_troops(&url, &stack).await;
    let proxy = Proxy::start();
    proxy.lead_to(&url);
    (AwsStore::open(&parts::sdk(proxy.url()).await, stack, clock.clone()), proxy)
}

fn singles(clock: &Leaping, id: &str, count: u64) -> Vec<Single> {
    let until = clock.now().plus(Duration::from_secs(86_400));
    let single = |line: u64| Single {
        parcel: parcel(id, &line.to_string()),
        delay: Duration::ZERO,
        line,
        likeness: Likeness::new(u128::from(line).to_le_bytes()),
        until,
    };
    (1..=count).map(single).collect()
}

fn requests(proxy: &Proxy, action: &str) -> u64 {
    let counts = proxy.counts();
    counts.iter().filter(|(kind, _)| kind.action == action).map(|(_, count)| count.requests).sum()
}

#[tokio::test]
async fn p1_what_a_killed_push_had_claimed_is_sent_by_another_after_a_while() {
    let clock = new_clock();
    let (store, proxy) = behind_proxy(&clock).await;
    let mark = Mark { lines: 3, ..Mark::default() };
    for id in ["killed", "other", "third"] {
        store.open(&new_batch(id)).await.unwrap();
    }
    // It claims, and comes no further.
    proxy.trouble("sqs", Trouble::Unreachable);
    let (troops, killed) = (troops(), batch("killed"));
    store.send_once(&troops, &killed, singles(&clock, "killed", 3), mark.clone()).await.unwrap_err();
    proxy.mend("sqs");

    let other = batch("other");
    let ends = store.send_once(&troops, &other, singles(&clock, "other", 3), mark.clone()).await.unwrap();
    assert_eq!(ends, [Once::Sent; 3]);
    assert!(clock.uptime() >= HELD, "it may still have been sending: {:?}", clock.uptime());
    let third = batch("third");
    let ends = store.send_once(&troops, &third, singles(&clock, "third", 3), mark.clone()).await.unwrap();
    assert_eq!(ends, [Once::Duplicate; 3]);
    // Who was thought dead and comes back finds that others have sent it.
    let ends = store.send_once(&troops, &killed, singles(&clock, "killed", 3), mark).await.unwrap();
    assert_eq!(ends, [Once::Duplicate; 3]);
}

#[tokio::test]
async fn a_task_costs_a_write_and_a_duplicate_another_one() {
    let clock = new_clock();
    let (store, proxy) = behind_proxy(&clock).await;
    for id in ["b", "c"] {
        store.open(&new_batch(id)).await.unwrap();
    }
    proxy.reset();
    let mark = Mark { lines: 50, ..Mark::default() };
    store.send_once(&troops(), &batch("b"), singles(&clock, "b", 50), mark.clone()).await.unwrap();
    assert_eq!((requests(&proxy, "PutItem"), requests(&proxy, "GetItem")), (50, 0));
    proxy.reset();
    let ends = store.send_once(&troops(), &batch("c"), singles(&clock, "c", 50), mark).await.unwrap();
    assert_eq!(ends, [Once::Duplicate; 50]);
    assert_eq!(requests(&proxy, "PutItem"), 50);
    // The mark of the other batch, by those that ask before the first has an answer.
    assert!(requests(&proxy, "GetItem") <= 32, "{}", requests(&proxy, "GetItem"));
    assert_eq!(requests(&proxy, "SendMessageBatch"), 0);
}
