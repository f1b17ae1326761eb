//! Batches on AWS: each task is counted once, whatever comes twice and whoever is killed, and an end is told.

use std::time::Duration;

use futures::future::join_all;
use jobq_core::batch::{Mark, Tally};
use jobq_core::delivery::Delivery;
use jobq_core::fault::FaultKind;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::morgue::{Fate, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{Child, End, Settled, Settlement};
use jobq_tests::aws::proxy::Trouble;
use jobq_tests::contract::subject::{VISIBILITY, batch, member, new_batch, normal, parcel, settle, troops};
use serde_json::{Value, json};

use crate::parts;
use crate::queue::{Store, gather, seen, store_of};
use crate::scripted::Scripted;
use crate::stage::Stage;

#[tokio::test]
async fn p1_a_task_that_comes_twice_is_counted_once() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1", "b-2"], true).await;
    let ends = endings(&twice(&stage, &store, 2).await, |task| done(task, &[]));
    // Of the first three, two are the same task.
    assert_eq!(store.settle(&ends[..3]).await.unwrap(), [Settled::Held; 3]);
    assert_eq!(store.settle(&ends[3..]).await.unwrap(), [Settled::Held]);
    assert_eq!(tally(&store).await, counted(2, 2, 0));
    assert_eq!(store.receive(&normal(&store), 10, VISIBILITY, Duration::ZERO).await.unwrap(), []);
}

/// However its two deliveries end, a task has one end: the first.
#[tokio::test]
async fn p1_a_task_is_done_or_dead_and_not_both() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1", "b-2"], true).await;
    let found = twice(&stage, &store, 2).await;
    let ends = [done("b-1", &[]), dead("b-1"), dead("b-2"), done("b-2", &[])];
    for (delivery, end) in found.iter().zip(ends) {
        assert_eq!(settle(&store, &delivery.receipt, end).await, Settled::Held);
    }
    assert_eq!(tally(&store).await, counted(2, 1, 1));
}

/// A drainer is killed after it has counted: the message comes again, is counted once, and goes.
#[tokio::test]
async fn p1_killed_between_counting_and_deleting_a_task_is_counted_once() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1"], true).await;
    let visibility = Duration::from_secs(2);
    let first = store.receive(&normal(&store), 1, visibility, Duration::ZERO).await.unwrap();
    stage.proxy.trouble("DeleteMessageBatch", Trouble::Unreachable);
    let fault = store.settle(&endings(&first, |task| done(task, &[]))).await.unwrap_err();
    assert_eq!((fault.kind(), tally(&store).await), (FaultKind::Passing, counted(1, 1, 0)));
    stage.proxy.mend("DeleteMessageBatch");
    let other = stage.store().await;
    let again = gather(&other, 1).await;
    assert_eq!(settle(&other, &again[0].receipt, done("b-1", &[])).await, Settled::Held);
    assert_eq!(tally(&store).await, counted(1, 1, 0));
    stage.tells(&[1]).await;
}

/// Nobody knows whether a count whose reply was lost was written. It is made again, and changes nothing.
#[tokio::test]
async fn a_count_whose_reply_was_lost_is_made_once() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1", "b-2"], true).await;
    let found = gather(&store, 2).await;
    let ends = endings(&found, |task| if task == "b-1" { done(task, &["b-1/1.1"]) } else { dead(task) });
    stage.proxy.trouble("TransactWriteItems", Trouble::LostReply);
    // First that its child is known, then that both have ended.
    for expected in [counted(3, 0, 1), counted(3, 0, 1)] {
        assert_eq!(store.settle(&ends).await.unwrap_err().kind(), FaultKind::Passing);
        assert_eq!(tally(&store).await, expected);
    }
    stage.proxy.mend("TransactWriteItems");
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held; 2]);
    assert_eq!(tally(&store).await, counted(3, 1, 1));
}

/// A push's count whose reply was lost is made again, and changes nothing.
#[tokio::test]
async fn what_was_sent_is_counted_once() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    store.open(&new_batch("b")).await.unwrap();
    let mark = Mark { lines: 1, refused: 0, complete: false };
    let send = async |mark: &Mark| {
        let parcels = vec![(parcel("b", "b-1"), Duration::ZERO)];
        store.send(&troops(), &batch("b"), parcels, mark.clone()).await
    };
    stage.proxy.trouble("UpdateItem", Trouble::LostReply);
    send(&mark).await.unwrap_err();
    stage.proxy.mend("UpdateItem");
    send(&mark).await.unwrap();
    assert_eq!(tally(&store).await.known, 1);
    send(&Mark { lines: 2, ..mark.clone() }).await.unwrap();
    send(&Mark { lines: 2, complete: true, ..mark }).await.unwrap();
    assert_eq!(tally(&store).await.known, 3, "a mark that is further counts");
}

/// The children of a task are known before anybody can end them, and it is open until all of them are durable.
#[tokio::test]
async fn p1_killed_between_parent_and_children_a_batch_is_open() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1"], true).await;
    let visibility = Duration::from_secs(2);
    let first = store.receive(&normal(&store), 1, visibility, Duration::ZERO).await.unwrap();
    stage.proxy.trouble("SendMessageBatch", Trouble::LostReply);
    let parent = |children: &'static [&str]| move |task: &str| done(task, children);
    store.settle(&endings(&first, parent(&["b-1/1.1", "b-1/1.2"]))).await.unwrap_err();
    stage.proxy.mend("SendMessageBatch");
    assert_eq!(tally(&store).await, counted(3, 0, 0));
    // The children end first; then their parent comes again, and its answer has one more by now.
    let other = stage.store().await;
    let mut found = gather(&other, 3).await;
    found.sort_by(|one, other| one.body.cmp(&other.body));
    let ends = endings(&found[1..], |task| done(task, &[]));
    assert_eq!(other.settle(&ends).await.unwrap(), [Settled::Held; 2]);
    assert_eq!(tally(&store).await, counted(3, 2, 0));
    let ends = endings(&found[..1], parent(&["b-1/1.1", "b-1/1.2", "b-1/1.3"]));
    assert_eq!(other.settle(&ends).await.unwrap(), [Settled::Held]);
    assert_eq!(tally(&store).await, counted(4, 3, 0));
    stage.is_quiet().await;
    let rest = gather(&other, 3).await;
    other.settle(&endings(&rest, |task| done(task, &[]))).await.unwrap();
    assert_eq!(tally(&store).await, counted(4, 4, 0));
    stage.tells(&[1]).await;
}

/// Drainers that count the same tasks in the same instant count each once, and one of them tells the end.
#[tokio::test]
async fn those_who_count_at_once_count_each_once() {
    const TASKS: usize = 400;
    let stage = Stage::new().await;
    let store = stage.store().await;
    let tasks: Vec<String> = (1..=TASKS).map(|line| format!("b-{line}")).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    push(&store, &tasks, true).await;
    let found = twice(&stage, &store, TASKS).await;
    // Every other one of them has its twin elsewhere.
    let shares: Vec<Vec<Delivery>> =
        (0..4).map(|share| found.iter().skip(share).step_by(4).cloned().collect()).collect();
    let settled = join_all(shares.iter().map(async |share| {
        for part in share.chunks(50) {
            let settled = store.settle(&endings(part, |task| done(task, &[]))).await.unwrap();
            assert!(settled.iter().all(|settled| *settled == Settled::Held));
        }
    }));
    settled.await;
    assert_eq!(tally(&store).await, counted(TASKS as u64, TASKS as u64, 0));
    stage.tells(&[1]).await;
}

/// What goes back is open again, and a batch that had ended ends once more.
#[tokio::test]
async fn a_task_sent_back_opens_its_batch_again() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1", "b-2"], true).await;
    let found = gather(&store, 2).await;
    let ends = endings(&found, |task| if task == "b-1" { dead(task) } else { done(task, &[]) });
    store.settle(&ends).await.unwrap();
    assert_eq!(tally(&store).await, counted(2, 1, 1));
    stage.tells(&[1]).await;
    // Killed after it was counted, before it was sent: the letter is there, and is counted back once.
    stage.proxy.trouble("SendMessageBatch", Trouble::Unreachable);
    send_back(&store).await.unwrap_err();
    stage.proxy.mend("SendMessageBatch");
    assert_eq!(tally(&store).await, counted(2, 1, 0));
    assert_eq!(send_back(&store).await.unwrap(), [Settled::Held]);
    assert_eq!(tally(&store).await, counted(2, 1, 0));
    let again = gather(&store, 1).await;
    assert_eq!(settle(&store, &again[0].receipt, done("b-1", &[])).await, Settled::Held);
    assert_eq!(tally(&store).await, counted(2, 2, 0));
    stage.tells(&[2]).await;
}

/// A push may come to its end after the last of its tasks has; one of nothing has ended at once.
#[tokio::test]
async fn the_end_of_a_push_may_be_the_end_of_its_batch() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1"], false).await;
    let found = gather(&store, 1).await;
    settle(&store, &found[0].receipt, done("b-1", &[])).await;
    stage.is_quiet().await;
    push(&store, &[], true).await;
    stage.tells(&[1]).await;
    push(&store, &[], true).await;
    stage.is_quiet().await;
}

/// An end that can't be told keeps its last task: whoever gets that next tells it.
#[tokio::test]
async fn p1_an_end_that_was_not_told_is_told_later() {
    let stage = Stage::new().await;
    let store = stage.store().await;
    push(&store, &["b-1"], true).await;
    let ends = endings(&gather(&store, 1).await, |task| done(task, &[]));
    for trouble in [Trouble::Refused, Trouble::Unreachable] {
        stage.proxy.trouble("PutEvents", trouble);
        store.settle(&ends).await.unwrap_err();
    }
    assert_eq!((seen(&stage.proxy, "DeleteMessageBatch"), tally(&store).await), (0, counted(1, 1, 0)));
    stage.proxy.mend("PutEvents");
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held]);
    let told = stage.tells(&[1]).await.remove(0);
    assert_eq!((&told["source"], &told["detail-type"]), (&json!("jobq"), &json!("Batch finished")));
    let detail = &told["detail"];
    assert_eq!((&detail["batch"], &detail["queue"]), (&json!("b"), &json!("troops")));
    assert_eq!((&detail["known"], &detail["done"], &detail["dead"]), (&json!(1), &json!(1), &json!(0)));
}

/// MiniStack and moto write one transaction after the other. DynamoDB refuses one of two at once, and a write beside one.
#[tokio::test]
async fn a_transaction_that_meets_another_is_made_again() {
    let conflict = |codes: &[&str]| {
        let reasons: Vec<Value> = codes.iter().map(|code| json!({ "Code": code })).collect();
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        (400, json!({ "__type": kind, "Message": "canceled", "CancellationReasons": reasons }))
    };
    let server = Scripted::start(move |action, body, before| match (action, before) {
        ("ReceiveMessage", _) => {
            (200, json!({ "Messages": [{ "MessageId": "m", "ReceiptHandle": "r", "Body": "b-1" }] }))
        }
        ("TransactWriteItems", 0) => conflict(&["TransactionConflict", "None"]),
        ("TransactWriteItems", 1) => conflict(&["None", "ThrottlingError"]),
        ("UpdateItem", 0) => {
            let kind = "com.amazonaws.dynamodb.v20120810#TransactionConflictException";
            (400, json!({ "__type": kind, "message": "a transaction is under way" }))
        }
        ("DeleteMessageBatch" | "SendMessageBatch", _) => (200, crate::scripted::all_well(body)),
        _ => (200, json!({})),
    })
    .await;
    let store = store_of(server.url(), &parts::new_stack()).await;
    push(&store, &["b-1"], false).await;
    let found = store.receive(&normal(&store), 1, VISIBILITY, Duration::ZERO).await.unwrap();
    assert_eq!(settle(&store, &found[0].receipt, done("b-1", &[])).await, Settled::Held);
    assert_eq!((server.asked("TransactWriteItems").len(), server.asked("UpdateItem").len()), (3, 2));
    assert_eq!(server.asked("SendMessageBatch").len(), 1, "nothing is sent again for that");
}

/// Opens the batch and sends it these tasks, each its own id and body.
async fn push(store: &Store, tasks: &[&str], complete: bool) {
    store.open(&new_batch("b")).await.unwrap();
    let parcels = tasks.iter().map(|task| (parcel("b", task), Duration::ZERO)).collect();
    let mark = Mark { lines: 400, refused: 0, complete };
    store.send(&troops(), &batch("b"), parcels, mark).await.unwrap();
}

/// Each of so many tasks twice, sorted: their copies were sent twice, as after replies that were lost.
async fn twice(stage: &Stage, store: &Store, tasks: usize) -> Vec<Delivery> {
    let found = gather(store, tasks).await;
    stage.proxy.double("sqs", "SendMessageBatch");
    let again = |task: &str| End::Retry { copy: parcel("b", task), delay: Duration::ZERO };
    store.settle(&endings(&found, again)).await.unwrap();
    let mut copies = gather(store, 2 * tasks).await;
    copies.sort_by(|one, other| one.body.cmp(&other.body));
    copies
}

fn endings(found: &[Delivery], end: impl Fn(&str) -> End) -> Vec<Settlement> {
    let ending = |delivery: &Delivery| Settlement {
        queue: troops(),
        receipt: delivery.receipt.clone(),
        end: end(std::str::from_utf8(&delivery.body).unwrap()),
    };
    found.iter().map(ending).collect()
}

async fn send_back(store: &Store) -> Result<Vec<Settled>, jobq_core::fault::Fault> {
    let mut round = store.round(&troops());
    let letter = round.next().await.unwrap().remove(0).id;
    let fate = Fate::SendBack { copy: parcel("b", "b-1"), counted: Some(member("b", "b-1")) };
    let ended = round.end(vec![(letter, fate)]).await;
    round.close().await.unwrap();
    ended
}

fn done(task: &str, children: &[&str]) -> End {
    let child = |task: &&str| Child {
        queue: troops(),
        task: task.parse().unwrap(),
        parcel: parcel("b", task),
        delay: Duration::ZERO,
    };
    End::Done { of: member("b", task), children: children.iter().map(child).collect() }
}

fn dead(task: &str) -> End {
    End::Dead { letter: task.as_bytes().to_vec(), of: Some(member("b", task)) }
}

async fn tally(store: &Store) -> Tally {
    store.tally(&batch("b")).await.unwrap().unwrap()
}

fn counted(known: u64, done: u64, dead: u64) -> Tally {
    Tally { known, done, dead, ..Tally::default() }
}
