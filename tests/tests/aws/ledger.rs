//! The ledger's table: what only it can get wrong. Its contract is held in `tests/contract.rs`.

use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_core::batch::{Mark, NewBatch};
use jobq_core::fault::FaultKind;
use jobq_core::name::LimitName;
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::ports::outbox::Outbox;
use jobq_core::stack::Stack;
use jobq_core::time::Timestamp;
use jobq_tests::aws::proxy::{Proxy, Trouble};
use jobq_tests::aws::{ministack, moto};
use jobq_tests::contract::subject::{batch, new_batch, troops};
use jobq_tests::hand_clock::HandClock;
use serde_json::{Value, json};

use crate::{parts, rest};

const DAY: u64 = 86_400;

/// A table and a queue in a stand-in.
struct World {
    url: String,
    stack: Stack,
    clock: HandClock,
}

impl World {
    async fn make(url: String) -> Self {
        let stack = parts::new_stack();
        parts::make_table(&url, &stack).await;
        parts::make_troops(&url, &stack).await;
        Self { url, stack, clock: clock() }
    }

    async fn store(&self) -> AwsStore<HandClock> {
        self.store_behind(&self.url).await
    }

    async fn store_behind(&self, url: &str) -> AwsStore<HandClock> {
        AwsStore::open(&parts::sdk(url).await, self.stack.clone(), self.clock.clone())
    }

    async fn item(&self, id: &str) -> Value {
        let question = json!({
            "TableName": self.stack.ledger(), "Key": { "id": { "S": id } }, "ConsistentRead": true,
        });
        rest::call(&self.url, "DynamoDB_20120810.GetItem", &question).await["Item"].clone()
    }

    async fn put(&self, item: Value) {
        let put = json!({ "TableName": self.stack.ledger(), "Item": item });
        rest::call(&self.url, "DynamoDB_20120810.PutItem", &put).await;
    }
}

fn clock() -> HandClock {
    HandClock::new(Timestamp::from_secs(1_700_000_000))
}

fn urls() -> [String; 2] {
    [ministack().url(), moto().url()]
}

fn limit(name: &str) -> LimitName {
    name.parse().unwrap()
}

fn document(slot: u64) -> LimitState {
    LimitState { last_slot: Some(Timestamp::from_nanos(slot)), ..LimitState::default() }
}

#[tokio::test]
async fn a_table_that_is_not_there_says_to_deploy() {
    for url in urls() {
        let world = World { url, stack: parts::new_stack(), clock: clock() };
        let store = world.store().await;
        let faults = [
            store.load(&limit("hermes")).await.unwrap_err(),
            store.swap(&limit("hermes"), Version(0), &document(1)).await.unwrap_err(),
            store.tally(&batch("b")).await.unwrap_err(),
            store.open(&new_batch("b")).await.unwrap_err(),
            store.batches().await.unwrap_err(),
        ];
        for fault in faults {
            assert_eq!(fault.kind(), FaultKind::Lasting);
            assert!(fault.chain().contains("type 'jobq deploy'"), "{}", fault.chain());
        }
    }
}

/// A swap costs one request, won or lost: the refusal shows what is there.
#[tokio::test]
async fn a_lost_swap_costs_no_read() {
    let world = World::make(ministack().url()).await;
    let proxy = Proxy::start();
    proxy.lead_to(&world.url);
    let store = world.store_behind(proxy.url()).await;
    let first = store.swap(&limit("hermes"), Version(0), &document(1)).await.unwrap();
    assert_eq!(first, Swap::Written(Version(1)));
    for late in [Version(0), Version(7)] {
        let Swap::Conflict(there) = store.swap(&limit("hermes"), late, &document(2)).await.unwrap() else {
            panic!("somebody else was faster");
        };
        assert_eq!((there.version, there.state), (Version(1), document(1)));
    }
    assert_eq!(proxy.counts().values().map(|count| count.requests).sum::<u64>(), 3);
}

/// The slots of a swap whose reply was lost are booked, and whoever booked them learns it from the conflict.
#[tokio::test]
async fn a_swap_whose_reply_was_lost_conflicts_with_itself() {
    let world = World::make(ministack().url()).await;
    let proxy = Proxy::start();
    proxy.lead_to(&world.url);
    let store = world.store_behind(proxy.url()).await;
    proxy.trouble("dynamodb", Trouble::LostReply);
    let fault = store.swap(&limit("hermes"), Version(0), &document(1)).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Passing);
    proxy.mend("dynamodb");
    let again = store.swap(&limit("hermes"), Version(0), &document(1)).await.unwrap();
    assert_eq!(again, Swap::Conflict(Versioned { version: Version(1), state: document(1) }));
}

#[tokio::test]
async fn batches_expire_90_days_after_their_last_change_and_limits_never() {
    for url in urls() {
        let world = World::make(url).await;
        let store = world.store().await;
        let expiry = async || world.item("batch#b").await["expires"]["N"].as_str().unwrap().to_owned();
        store.open(&new_batch("b")).await.unwrap();
        assert_eq!(expiry().await, (1_700_000_000 + 90 * DAY).to_string());
        world.clock.advance(Duration::from_secs(DAY));
        store.send(&troops(), &batch("b"), Vec::new(), Mark::default()).await.unwrap();
        assert_eq!(expiry().await, (1_700_000_000 + 91 * DAY).to_string());
        store.swap(&limit("hermes"), Version(0), &document(1)).await.unwrap();
        assert_eq!(world.item("limit#hermes").await["expires"], Value::Null);
    }
}

#[tokio::test]
async fn an_item_nobody_of_us_wrote_is_not_guessed_at() {
    for url in urls() {
        let world = World::make(url).await;
        let store = world.store().await;
        world.put(json!({ "id": { "S": "limit#hermes" }, "version": { "N": "1" } })).await;
        world.put(json!({ "id": { "S": "batch#b" }, "known": { "S": "many" } })).await;
        let faults = [
            store.load(&limit("hermes")).await.unwrap_err(),
            store.swap(&limit("hermes"), Version(0), &document(1)).await.unwrap_err(),
            store.tally(&batch("b")).await.unwrap_err(),
            store.batches().await.unwrap_err(),
        ];
        for fault in faults {
            assert_eq!(fault.kind(), FaultKind::Lasting);
            assert!(fault.chain().contains("the item's '"), "{}", fault.chain());
        }
    }
}

/// More than one page of a scan, which is 1 MB.
#[tokio::test]
async fn the_overview_shows_batches_and_limits() {
    for url in urls() {
        let world = World::make(url).await;
        let store = world.store().await;
        assert_eq!((store.batches().await.unwrap(), store.limits().await.unwrap()), (vec![], vec![]));
        let large = |name: &str| {
            let state = format!("{{\"pace\":\"{}\"}}", "x".repeat(350_000));
            let id = format!("limit#{name}");
            json!({ "id": { "S": id }, "version": { "N": "1" }, "state": { "S": state } })
        };
        for name in ["hermes", "artemis", "zeus", "hera"] {
            world.put(large(name)).await;
        }
        for (id, created) in [("one", 5), ("two", 7), ("three", 6)] {
            let batch = NewBatch { created_at: Timestamp::from_secs(created), ..new_batch(id) };
            store.open(&batch).await.unwrap();
        }
        let mark = Mark { lines: 3, refused: 1, complete: true };
        store.send(&troops(), &batch("two"), Vec::new(), mark).await.unwrap();

        let batches = store.batches().await.unwrap();
        let ids: Vec<&str> = batches.iter().map(|batch| batch.id.as_str()).collect();
        assert_eq!(ids, ["two", "three", "one"]);
        assert_eq!(batches.iter().map(|batch| batch.complete).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(batches[0].created_at, Timestamp::from_secs(7));
        assert_eq!((batches[0].queue.clone(), batches[0].source.as_str()), (troops(), "file one"));
        let limits: Vec<String> = store.limits().await.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(limits, ["artemis", "hera", "hermes", "zeus"]);
    }
}
