//! Queues over SQS: what only they can get wrong, and what they cost. Their contract is held in `tests/contract.rs`.

use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_core::batch::{Mark, Opened, Tally};
use jobq_core::delivery::Delivery;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::morgue::{Fate, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Parcel, Settled, Settlement};
use jobq_core::stack::Stack;
use jobq_tests::aws::proxy::{Proxy, Trouble};
use jobq_tests::aws::{ministack, moto};
use jobq_tests::contract::subject::{
    VISIBILITY, batch, bodies, done, letters, member, new_batch, normal, parcel, push, send, settle,
    take_one, troops,
};

use crate::parts;

pub(crate) type Store = AwsStore<SystemClock>;

pub(crate) async fn store_of(url: &str, stack: &Stack) -> Store {
    AwsStore::open(&parts::sdk(url).await, stack.clone(), SystemClock::new())
}

/// A stack of its own in MiniStack, behind a proxy.
async fn behind_proxy() -> (Store, Proxy) {
    let url = ministack().url();
    let stack = parts::new_stack();
    parts::make_table(&url, &stack).await;
    parts::make_troops(&url, &stack).await;
    let proxy = Proxy::start();
    proxy.lead_to(&url);
    (store_of(proxy.url(), &stack).await, proxy)
}

/// How many requests of an action the proxy has seen.
pub(crate) fn seen(proxy: &Proxy, action: &str) -> u64 {
    let counts = proxy.counts();
    counts.iter().filter(|(kind, _)| kind.action == action).map(|(_, count)| count.requests).sum()
}

fn check(fault: &Fault, kind: FaultKind, says: &str) {
    assert_eq!(fault.kind(), kind, "{}", fault.chain());
    assert!(fault.chain().contains(says), "{}", fault.chain());
}

pub(crate) async fn gather(store: &Store, count: usize) -> Vec<Delivery> {
    let mut found = Vec::new();
    while found.len() < count {
        found.extend(store.receive(&normal(store), 10, VISIBILITY, Duration::from_secs(1)).await.unwrap());
    }
    found
}

#[tokio::test]
async fn a_queue_that_is_not_there_says_to_deploy() {
    for url in [ministack().url(), moto().url()] {
        let stack = parts::new_stack();
        parts::make_table(&url, &stack).await;
        let store = store_of(&url, &stack).await;
        let wait = Duration::ZERO;
        let faults = [
            store.open(&new_batch("b")).await.unwrap_err(),
            store
                .send(&troops(), &batch("b"), vec![(parcel("b", "x"), wait)], Mark::default())
                .await
                .unwrap_err(),
            store.receive(&normal(&store), 1, VISIBILITY, wait).await.unwrap_err(),
        ];
        faults.iter().for_each(|fault| check(fault, FaultKind::Lasting, "type 'jobq deploy'"));
        assert_eq!(store.tally(&batch("b")).await.unwrap(), None, "no batch is left behind");
        assert_eq!(store.measure(&troops()).await.unwrap(), QueueDepth::default());
        assert_eq!(letters(&store, &troops()).await, Vec::<Vec<u8>>::new());
    }
}

/// A queue that goes away is looked for anew: a stack may be deleted and made again while a drainer runs.
#[tokio::test]
async fn a_queue_made_again_is_found() {
    let url = ministack().url();
    let stack = parts::new_stack();
    parts::make_table(&url, &stack).await;
    parts::make_troops(&url, &stack).await;
    let store = store_of(&url, &stack).await;
    push(&store, "b", &["one"]).await;
    let name = serde_json::json!({ "QueueName": stack.queue(&troops()) });
    let address = crate::rest::call(&url, "AmazonSQS.GetQueueUrl", &name).await;
    crate::rest::call(&url, "AmazonSQS.DeleteQueue", &address).await;
    let fault = store.receive(&normal(&store), 1, VISIBILITY, Duration::ZERO).await.unwrap_err();
    check(&fault, FaultKind::Lasting, "type 'jobq deploy'");
    crate::rest::call(&url, "AmazonSQS.CreateQueue", &name).await;
    push(&store, "b", &["two"]).await;
    assert_eq!(bodies(&gather(&store, 1).await), ["two"]);
}

#[tokio::test]
async fn what_sqs_never_takes_is_refused_before_anything_is_sent() {
    let (store, proxy) = behind_proxy().await;
    store.open(&new_batch("b")).await.unwrap();
    let large = Parcel { body: vec![b'x'; (1 << 20) + 1], ..parcel("b", "") };
    let foreign = Parcel { body: vec![0xff], ..parcel("b", "") };
    let quarter = Duration::from_secs(900);
    let cases = [
        (large, quarter, "1048577 bytes"),
        (foreign, quarter, "isn't text"),
        (parcel("b", "late"), quarter + Duration::from_millis(1), "SQS takes 900"),
    ];
    for (bad, delay, says) in cases {
        let parcels = vec![(parcel("b", "good"), Duration::ZERO), (bad, delay)];
        let fault = store.send(&troops(), &batch("b"), parcels, Mark::default()).await.unwrap_err();
        check(&fault, FaultKind::Lasting, says);
    }
    assert_eq!(seen(&proxy, "SendMessageBatch"), 0);
    assert_eq!(store.tally(&batch("b")).await.unwrap(), Some(Tally::default()));
}

/// What waits longer is sent on with the longest delay: SQS takes that from the push and from the drainer.
#[tokio::test]
async fn the_longest_delay_is_taken_at_first_and_again() {
    let (store, _proxy) = behind_proxy().await;
    let quarter = Duration::from_secs(900);
    send(&store, "b", vec![(parcel("b", "late"), quarter), (parcel("b", "now"), Duration::ZERO)]).await;
    let found = gather(&store, 1).await;
    assert_eq!(bodies(&found), ["now"]);
    let receipt = found[0].receipt.clone();
    // Longer than SQS takes: the copy is hidden for as long as can be.
    let end = End::Retry { copy: parcel("b", "later"), delay: quarter * 3 };
    let settled = store.settle(&[Settlement { queue: troops(), receipt, end }]).await.unwrap();
    assert_eq!(settled, [Settled::Held]);
    let depth = store.measure(&troops()).await.unwrap();
    assert_eq!((depth.ready, depth.in_flight, depth.delayed), (0, 0, 2));
}

/// The books of what is asked of AWS: tens, one count a batch and call, and an address asked for once.
#[tokio::test]
async fn requests_go_in_tens() {
    let (store, proxy) = behind_proxy().await;
    let parcels = (0..1_000).map(|number| (parcel("b", &number.to_string()), Duration::ZERO)).collect();
    send(&store, "b", parcels).await;
    assert_eq!((seen(&proxy, "SendMessageBatch"), seen(&proxy, "UpdateItem")), (100, 1));
    let found = gather(&store, 1_000).await;
    assert_eq!(seen(&proxy, "ReceiveMessage"), 100);

    let receipts: Vec<_> = found.iter().map(|delivery| delivery.receipt.clone()).collect();
    let extended = store.extend(&troops(), &receipts[..95], VISIBILITY).await.unwrap();
    assert_eq!(extended, [Settled::Held; 95]);
    assert_eq!(seen(&proxy, "ChangeMessageVisibilityBatch"), 10);

    let ends: Vec<_> =
        receipts.into_iter().map(|receipt| Settlement { queue: troops(), receipt, end: done("b") }).collect();
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held; 1_000]);
    assert_eq!((seen(&proxy, "DeleteMessageBatch"), seen(&proxy, "TransactWriteItems")), (100, 1));
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Stale; 1_000]);
    assert_eq!((seen(&proxy, "DeleteMessageBatch"), seen(&proxy, "TransactWriteItems")), (100, 1));
    assert_eq!(seen(&proxy, "GetQueueUrl"), 3, "each lane was looked up once");

    proxy.reset();
    store.measure(&troops()).await.unwrap();
    assert_eq!(seen(&proxy, "GetQueueAttributes"), 4, "three lanes and the letters");
}

/// Nobody knows whether a push whose reply was lost arrived. The mark says it didn't, so it is made again.
#[tokio::test]
async fn a_push_whose_reply_was_lost_is_made_again() {
    let (store, proxy) = behind_proxy().await;
    store.open(&new_batch("b")).await.unwrap();
    let mark = Mark { lines: 1, refused: 0, complete: true };
    let send = async || {
        let parcels = vec![(parcel("b", "one"), Duration::ZERO)];
        store.send(&troops(), &batch("b"), parcels, mark.clone()).await
    };
    proxy.trouble("sqs", Trouble::LostReply);
    check(&send().await.unwrap_err(), FaultKind::Passing, "send to queue 'troops'");
    proxy.mend("sqs");
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), Opened::Resumed(Mark::default()));
    send().await.unwrap();
    assert_eq!(store.open(&new_batch("b")).await.unwrap(), Opened::Resumed(mark.clone()));
    // At least once: the first one did arrive.
    assert_eq!(bodies(&gather(&store, 2).await), ["one", "one"]);
    assert_eq!(store.tally(&batch("b")).await.unwrap().unwrap().known, 1);
}

/// While the ledger is away nothing is counted; when it is back, each end is counted, and none twice.
#[tokio::test]
async fn a_settlement_goes_on_where_the_ledger_failed() {
    let (store, proxy) = behind_proxy().await;
    push(&store, "b", &["one"]).await;
    let receipt = take_one(&store).await.receipt;
    let end = [Settlement { queue: troops(), receipt: receipt.clone(), end: done("b") }];
    proxy.trouble("dynamodb", Trouble::Unreachable);
    for _ in 0..3 {
        assert_eq!(store.settle(&end).await.unwrap_err().kind(), FaultKind::Passing);
    }
    let extended = store.extend(&troops(), std::slice::from_ref(&receipt), VISIBILITY).await;
    assert_eq!(extended.unwrap(), [Settled::Held], "it is still ours to count");
    proxy.mend("dynamodb");
    assert_eq!(store.settle(&end).await.unwrap(), [Settled::Held]);
    assert_eq!(store.settle(&end).await.unwrap(), [Settled::Stale]);
    assert_eq!(seen(&proxy, "DeleteMessageBatch"), 1);
    assert_eq!(
        store.tally(&batch("b")).await.unwrap(),
        Some(Tally { known: 1, done: 1, ..Tally::default() })
    );
}

/// A delete whose reply was lost is made again: SQS says yes to it twice.
#[tokio::test]
async fn a_settlement_whose_reply_was_lost_holds() {
    let (store, proxy) = behind_proxy().await;
    push(&store, "b", &["one"]).await;
    let receipt = take_one(&store).await.receipt;
    let end = [Settlement { queue: troops(), receipt: receipt.clone(), end: done("b") }];
    proxy.trouble("sqs", Trouble::LostReply);
    assert_eq!(store.settle(&end).await.unwrap_err().kind(), FaultKind::Passing);
    proxy.mend("sqs");
    assert_eq!(store.settle(&end).await.unwrap(), [Settled::Held]);
    assert_eq!(settle(&store, &receipt, done("b")).await, Settled::Stale);
    assert_eq!(store.tally(&batch("b")).await.unwrap().unwrap().done, 1);
    assert_eq!(store.measure(&troops()).await.unwrap(), QueueDepth::default());
}

/// Buries one task under this letter, in a batch of its own.
async fn bury(store: &Store, letter: &str) {
    push(store, "b", &["task"]).await;
    let receipt = gather(store, 1).await.remove(0).receipt;
    let end = End::Dead { letter: letter.as_bytes().to_vec(), of: Some(member("b", letter)) };
    assert_eq!(settle(store, &receipt, end).await, Settled::Held);
}

/// Ends the one letter there is, in a round of its own.
async fn end_letter(store: &Store, fate: Fate) -> Result<Vec<Settled>, Fault> {
    let mut round = store.round(&troops());
    let letter = round.next().await.unwrap().remove(0).id;
    let ended = round.end(vec![(letter, fate)]).await;
    round.close().await.unwrap();
    ended
}

fn again() -> Fate {
    Fate::SendBack { copy: parcel("b", "again"), counted: Some(member("b", "letter")) }
}

#[tokio::test]
async fn p1_a_letter_sent_back_twice_by_a_crash_is_one_task() {
    let (store, proxy) = behind_proxy().await;
    bury(&store, "letter").await;
    // As after a crash between the copy and the delete: the copy is there, and so is the letter.
    proxy.trouble("DeleteMessageBatch", Trouble::Refused);
    for _ in 0..2 {
        end_letter(&store, again()).await.unwrap_err();
    }
    proxy.mend("DeleteMessageBatch");
    assert_eq!(end_letter(&store, again()).await.unwrap(), [Settled::Held]);
    let task = gather(&store, 1).await.remove(0);
    assert_eq!(bodies(std::slice::from_ref(&task)), ["again"]);
    // The same message may come again, its two twins may not.
    assert_eq!(settle(&store, &task.receipt, End::Release).await, Settled::Held);
    let task = gather(&store, 1).await.remove(0);
    assert_eq!(settle(&store, &task.receipt, done("b")).await, Settled::Held);
    let more = store.receive(&normal(&store), 10, VISIBILITY, Duration::from_secs(1)).await.unwrap();
    assert_eq!(bodies(&more), Vec::<String>::new());
    assert_eq!(store.measure(&troops()).await.unwrap(), QueueDepth::default());
}

#[tokio::test]
async fn what_is_dropped_is_not_called_by_a_copy_sent_before() {
    let (store, proxy) = behind_proxy().await;
    bury(&store, "letter").await;
    proxy.trouble("DeleteMessageBatch", Trouble::Refused);
    end_letter(&store, again()).await.unwrap_err();
    proxy.mend("DeleteMessageBatch");
    assert_eq!(end_letter(&store, Fate::Drop).await.unwrap(), [Settled::Held]);
    let tasks = store.receive(&normal(&store), 10, VISIBILITY, Duration::from_secs(1)).await.unwrap();
    assert_eq!(bodies(&tasks), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_received_again_can_not_be_dropped() {
    let (store, proxy) = behind_proxy().await;
    bury(&store, "letter").await;
    proxy.trouble("DeleteMessageBatch", Trouble::Refused);
    end_letter(&store, again()).await.unwrap_err();
    proxy.mend("DeleteMessageBatch");
    assert_eq!(bodies(&gather(&store, 1).await), ["again"]);
    assert_eq!(end_letter(&store, Fate::Drop).await.unwrap(), [Settled::Stale]);
    assert_eq!(letters(&store, &troops()).await, Vec::<Vec<u8>>::new(), "nobody needs the letter any more");
}

#[tokio::test]
async fn without_the_ledger_what_was_sent_back_is_given_out() {
    let (store, proxy) = behind_proxy().await;
    bury(&store, "letter").await;
    assert_eq!(end_letter(&store, again()).await.unwrap(), [Settled::Held]);
    proxy.trouble("dynamodb", Trouble::ServerError);
    assert_eq!(bodies(&gather(&store, 1).await), ["again"]);
}

#[tokio::test]
async fn a_purge_deletes_what_waits_and_leaves_letters() {
    let (store, _proxy) = behind_proxy().await;
    bury(&store, "letter").await;
    push(&store, "b", &["one", "two", "three"]).await;
    store.purge(&troops()).await.unwrap();
    assert_eq!(store.measure(&troops()).await.unwrap(), QueueDepth { dead: 1, ..QueueDepth::default() });
}
