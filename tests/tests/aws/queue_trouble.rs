//! What SQS does and no stand-in: a queue at its ceiling, requests of which a part fails, messages twice.

use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_core::fault::FaultKind;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled, Settlement};
use jobq_tests::contract::subject::{VISIBILITY, anybody, batch, done, letters, normal, parcel, troops};
use serde_json::{Value, json};

use crate::parts;
use crate::scripted::{Scripted, all_well};

const SECOND: Duration = Duration::from_secs(1);

async fn store(server: &Scripted) -> AwsStore<SystemClock> {
    AwsStore::open(&parts::sdk(server.url()).await, parts::new_stack(), SystemClock::new())
}

fn messages(numbers: std::ops::Range<usize>) -> Value {
    let message = |number: usize| json!({ "MessageId": format!("m{number}"), "ReceiptHandle": format!("r{number}"), "Body": number.to_string() });
    json!({ "Messages": numbers.map(message).collect::<Vec<_>>() })
}

/// Entries with an even id go wrong inside, in the first request.
fn half_fails(body: &Value, before: usize) -> Value {
    let mut answer = all_well(body);
    if before == 0 {
        let is_odd = |entry: &Value| entry["Id"].as_str().unwrap().parse::<usize>().unwrap() % 2 == 1;
        let (well, bad): (Vec<Value>, Vec<Value>) =
            answer["Successful"].as_array().unwrap().iter().cloned().partition(is_odd);
        let bad = bad
            .into_iter()
            .map(|entry| json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }));
        answer = json!({ "Successful": well, "Failed": bad.collect::<Vec<_>>() });
    }
    answer
}

fn entries(requests: &[Value]) -> Vec<usize> {
    requests.iter().map(|body| body["Entries"].as_array().unwrap().len()).collect()
}

/// At the ceiling a long poll is answered with nothing. That is doubted once in a while.
#[tokio::test]
async fn a_queue_at_its_ceiling_is_not_empty() {
    let counts = |visible: &'static str, hidden: &'static str| {
        move |action: &str, _: &Value, _: usize| match action {
            "ReceiveMessage" => (200, json!({})),
            _ => {
                let counts = json!({
                    "ApproximateNumberOfMessages": visible,
                    "ApproximateNumberOfMessagesNotVisible": hidden,
                });
                (200, json!({ "Attributes": counts }))
            }
        }
    };
    for (visible, hidden, faults) in [("5", "119990", 2), ("0", "119990", 0), ("5", "20", 0)] {
        let server = Scripted::start(counts(visible, hidden)).await;
        let store = store(&server).await;
        let mut told = Vec::new();
        for _ in 0..32 {
            told.push(store.receive(&normal(&store), 10, VISIBILITY, SECOND).await);
        }
        let faulty: Vec<_> = told.into_iter().filter_map(Result::err).collect();
        assert_eq!(faulty.len(), faults);
        for fault in faulty {
            assert_eq!(fault.kind(), FaultKind::Passing);
            assert!(fault.chain().contains("120,000 of its tasks are in flight"), "{}", fault.chain());
        }
        assert_eq!(server.asked("GetQueueAttributes").len(), 2, "looking costs next to nothing");
    }
}

/// A short poll is told.
#[tokio::test]
async fn a_short_poll_at_the_ceiling_is_a_fault() {
    let server = Scripted::start(|_, _, _| (400, json!({ "__type": "com.amazonaws.sqs#OverLimit" }))).await;
    let store = store(&server).await;
    let fault = store.receive(&normal(&store), 10, VISIBILITY, Duration::ZERO).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Passing);
    assert!(fault.chain().contains("in flight"), "{}", fault.chain());
}

/// SQS says 200 to a request of which half has failed: that half is sent again, and nothing else.
#[tokio::test]
async fn only_what_failed_is_sent_again() {
    let server = Scripted::start(|action, body, before| match action {
        "SendMessageBatch" => (200, half_fails(body, before)),
        _ => (200, json!({})),
    })
    .await;
    let parcels = (0..10).map(|number| (parcel("b", &number.to_string()), Duration::ZERO)).collect();
    store(&server).await.send(&troops(), &batch("b"), parcels, Default::default()).await.unwrap();
    let sent = server.asked("SendMessageBatch");
    assert_eq!(entries(&sent), [10, 5]);
    let again: Vec<&Value> =
        sent[1]["Entries"].as_array().unwrap().iter().map(|entry| &entry["MessageBody"]).collect();
    assert_eq!(again, ["0", "2", "4", "6", "8"]);
    assert_eq!(server.asked("UpdateItem").len(), 1);
}

/// What SQS refuses for good is a fault, and the mark stays where it was.
#[tokio::test]
async fn what_is_refused_moves_no_mark() {
    let server = Scripted::start(|_, body, _| {
        let id = &body["Entries"][0]["Id"];
        let failed =
            json!([{ "Id": id, "Code": "InvalidMessageContents", "SenderFault": true, "Message": "why" }]);
        (200, json!({ "Successful": [], "Failed": failed }))
    })
    .await;
    let parcels = vec![(parcel("b", "one"), Duration::ZERO)];
    let fault =
        store(&server).await.send(&troops(), &batch("b"), parcels, Default::default()).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert!(fault.chain().ends_with("InvalidMessageContents: why"), "{}", fault.chain());
    assert_eq!(server.asked("UpdateItem").len(), 0);
}

/// A copy that is sent isn't sent again because its original couldn't be deleted.
#[tokio::test]
async fn a_copy_is_sent_once_however_often_the_delete_fails() {
    let server = Scripted::start(|action, body, before| match action {
        "ReceiveMessage" => (200, messages(0..2)),
        "DeleteMessageBatch" if before < 2 => (500, json!({ "__type": "InternalFailure" })),
        "TransactWriteItems" | "GetItem" => (200, json!({})),
        _ => (200, all_well(body)),
    })
    .await;
    let store = store(&server).await;
    let found = store.receive(&normal(&store), 2, VISIBILITY, SECOND).await.unwrap();
    let ends = [
        End::Retry { copy: parcel("b", "again"), delay: Duration::ZERO },
        End::Dead { letter: b"letter".to_vec(), of: Some(anybody("b")) },
    ];
    let ends: Vec<_> = found
        .into_iter()
        .zip(ends)
        .map(|(delivery, end)| Settlement { queue: troops(), receipt: delivery.receipt, end })
        .collect();
    for _ in 0..2 {
        assert_eq!(store.settle(&ends).await.unwrap_err().kind(), FaultKind::Passing);
    }
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held; 2]);
    assert_eq!(entries(&server.asked("SendMessageBatch")), [1, 1], "one copy, one letter");
    assert_eq!(entries(&server.asked("DeleteMessageBatch")), [2, 2, 2]);
    assert_eq!(server.asked("TransactWriteItems").len(), 1);
}

/// A delivery whose time is up isn't touched: SQS would say yes, and somebody else may have it.
#[tokio::test]
async fn nothing_is_asked_for_a_receipt_that_has_run_out() {
    let server = Scripted::start(|_, _, _| (200, messages(0..1))).await;
    let store = store(&server).await;
    let delivery = store.receive(&normal(&store), 1, Duration::ZERO, Duration::ZERO).await.unwrap().remove(0);
    let end = Settlement { queue: troops(), receipt: delivery.receipt.clone(), end: done("b") };
    assert_eq!(store.settle(&[end]).await.unwrap(), [Settled::Stale]);
    assert_eq!(store.extend(&troops(), &[delivery.receipt], VISIBILITY).await.unwrap(), [Settled::Stale]);
    assert_eq!(
        server.asked("DeleteMessageBatch").len() + server.asked("ChangeMessageVisibilityBatch").len(),
        0
    );
}

/// SQS may show a letter twice in one round, out of order and in short batches: each is shown once, and
/// handed back by its latest handle.
#[tokio::test]
async fn a_round_sorts_out_what_sqs_shows() {
    let shown = |ids: &[usize], handle: usize| {
        let letter = |id: &usize| {
            json!({
                "MessageId": format!("m{id}"), "ReceiptHandle": format!("{id}-{handle}"), "Body": id.to_string(),
                "Attributes": { "SentTimestamp": (1_000 + id).to_string() },
            })
        };
        json!({ "Messages": ids.iter().map(letter).collect::<Vec<_>>() })
    };
    let server = Scripted::start(move |action, body, before| match (action, before) {
        ("ReceiveMessage", 0) => (200, shown(&[3], 1)),
        ("ReceiveMessage", 5) => (200, shown(&[2, 1], 1)),
        ("ReceiveMessage", 6) => (200, shown(&[3], 2)),
        ("ReceiveMessage", _) => (200, json!({})),
        _ => (200, all_well(body)),
    })
    .await;
    assert_eq!(
        letters(&store(&server).await, &troops()).await,
        ["1", "2", "3"].map(|body| body.as_bytes().to_vec())
    );
    let back = server.asked("ChangeMessageVisibilityBatch");
    let mut handles: Vec<&str> = back[0]["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["ReceiptHandle"].as_str().unwrap())
        .collect();
    handles.sort_unstable();
    assert_eq!((back.len(), handles), (1, vec!["1-1", "2-1", "3-2"]));
    assert_eq!(
        server.asked("ReceiveMessage").len(),
        16,
        "four at once, until two times in a row show nothing new"
    );
}
