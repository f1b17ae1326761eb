//! Tasks that go on from the ends of batches on AWS: pushed once, before an end is told, whoever is killed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobq_adapters::aws::store::AwsStore;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::jq::sandbox::{Bounds, Sandbox};
use jobq_core::batch::{Mark, Tally};
use jobq_core::completion::{Completion, FollowUp, Followed};
use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::event::Event;
use jobq_core::fault::FaultKind;
use jobq_core::growth::Program;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::metrics::Metrics;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::sequels::{Knowing, Sequels};
use jobq_core::queue::Queue;
use jobq_core::settlement::{End, Settled, Settlement};
use jobq_core::stack::LONGEST_DELAY;
use jobq_producer::follow_ups::FollowUps;
use jobq_tests::aws::ministack;
use jobq_tests::aws::proxy::Trouble;
use jobq_tests::contract::subject::{
    batch, member, new_batch, normal, normal_of, parcel, settle, troops, warriors,
};
use jobq_tests::hand_clock::HandClock;
use serde_json::Value;

use crate::parts;
use crate::queue::{gather, seen};
use crate::stage::Stage;

/// Makes a task of the summary.
const REPORT: &str = r#""https://a.example/report?of=\(.batch)&done=\(.done)""#;

#[tokio::test]
async fn p1_a_task_goes_on_from_the_end_before_it_is_told() {
    let (stage, events) = stage().await;
    let store = stage.store().await.going_on(follow_ups(REPORT, &events));
    push(&store).await;
    let receipt = gather(&store, 1).await.remove(0).receipt;
    stage.proxy.trouble("PutEvents", Trouble::Unreachable);
    for _ in 0..2 {
        let fault = store.settle(&[ending(&receipt)]).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Passing);
        assert_eq!(store.tally(&batch("b.complete")).await.unwrap(), Some(known(1)), "pushed once");
    }
    assert_eq!(seen(&stage.proxy, "DeleteMessageBatch"), 0);
    stage.proxy.mend("PutEvents");
    assert_eq!(settle(&store, &receipt, done()).await, Settled::Held);
    assert_eq!(stage.tells(&[1]).await[0]["detail"]["unfollowed"], Value::Null);
    let pushed = store.receive(&normal_of(&store, &warriors()), 10, VISIBLE, Duration::ZERO).await.unwrap();
    let envelope = Envelope::decode(&pushed[0].body).unwrap();
    assert_eq!((pushed.len(), envelope.id.as_str()), (1, "b.complete-1"));
    assert_eq!(envelope.request.url, "https://a.example/report?of=b&done=1");
    assert!(seen(&stage.proxy, "Invoke") > 0, "the autoscaler is woken");
    assert!(events.taken().is_empty());
}

/// Killed after the push: whoever gets the last message a minute later pushes the same and tells it.
#[tokio::test]
async fn p1_killed_between_push_and_telling_an_end_is_told_and_followed_once() {
    let (stage, events) = stage().await;
    let store = stage.store().await;
    push(&store).await;
    let doomed = store.clone().going_on(Arc::new(Killing(follow_ups(REPORT, &events))));
    let first = doomed.receive(&normal(&doomed), 1, Duration::from_secs(2), Duration::ZERO).await.unwrap();
    let receipt = first[0].receipt.clone();
    tokio::spawn(async move { doomed.settle(&[ending(&receipt)]).await }).await.unwrap_err();
    assert_eq!(seen(&stage.proxy, "DeleteMessageBatch"), 0);
    // At once it is held by the one who was killed, and its message waits.
    let next = store.clone().going_on(follow_ups(REPORT, &events));
    let again = gather(&next, 1).await.remove(0).receipt;
    let held = next.settle(&[ending(&again)]).await.unwrap_err();
    assert!(held.chain().contains("another program is about to tell it"), "{}", held.chain());
    stage.is_quiet().await;
    let later = HandClock::new(SystemClock::new().now().plus(Duration::from_secs(61)));
    let sdk = parts::sdk(stage.proxy.url()).await;
    let later = AwsStore::open(&sdk, stage.stack.clone(), later).going_on(follow_ups(REPORT, &events));
    let mark = Mark { lines: 1, refused: 0, complete: true };
    later.send(&troops(), &batch("b"), Vec::new(), mark).await.unwrap();
    stage.tells(&[1]).await;
    assert_eq!(settle(&next, &again, done()).await, Settled::Held);
    stage.is_quiet().await;
    assert_eq!(store.tally(&batch("b.complete")).await.unwrap(), Some(known(1)));
    let pushed = store.receive(&normal_of(&store, &warriors()), 10, VISIBLE, Duration::ZERO).await.unwrap();
    assert_eq!(pushed.len(), 1);
}

#[tokio::test]
async fn nothing_goes_on_from_a_canceled_batch() {
    let (stage, events) = stage().await;
    let store = stage.store().await.going_on(follow_ups(REPORT, &events));
    push(&store).await;
    store.cancel(&batch("b")).await.unwrap();
    let receipt = gather(&store, 1).await.remove(0).receipt;
    let skipped = End::Skipped { of: member("b", "b-1") };
    assert_eq!(settle(&store, &receipt, skipped).await, Settled::Held);
    assert_eq!(stage.tells(&[1]).await[0]["detail"]["canceled"], true);
    assert_eq!(store.tally(&batch("b.complete")).await.unwrap(), None);
}

/// A program that fails does so each time: the end is told, and says why, and nothing is kept for another try.
#[tokio::test]
async fn a_program_that_fails_holds_nothing_up() {
    let (stage, events) = stage().await;
    let store = stage.store().await.going_on(follow_ups(r#"error("no report today")"#, &events));
    push(&store).await;
    let receipt = gather(&store, 1).await.remove(0).receipt;
    assert_eq!(settle(&store, &receipt, done()).await, Settled::Held);
    let told = stage.tells(&[1]).await.remove(0);
    let why = told["detail"]["unfollowed"].as_str().unwrap();
    assert!(why.contains("on_complete.task") && why.contains("no report today"), "{why}");
    let shown = store.batch(&batch("b")).await.unwrap().unwrap();
    assert_eq!(shown.unfollowed.as_deref(), Some(why));
    let [Event::BatchUnfollowed(event)] = &events.taken()[..] else { panic!("one event") };
    assert_eq!((event.batch.as_str(), event.error.as_str()), ("b", why));
}

/// How long what is received stays hidden.
const VISIBLE: Duration = Duration::from_secs(30);

/// Keeps the events.
#[derive(Default)]
struct Kept(Mutex<Vec<Event>>);

impl Kept {
    fn taken(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Metrics for Kept {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// Dies when the task is pushed and its end isn't told yet.
struct Killing(Arc<dyn Sequels>);

impl Sequels for Killing {
    fn after<'a>(&'a self, completion: &'a Completion) -> Knowing<'a> {
        self.0.after(completion)
    }

    fn followed(&self, _: &Completion, followed: &Followed) {
        panic!("killed after {followed:?}");
    }
}

async fn stage() -> (Stage, Arc<Kept>) {
    let stage = Stage::new().await;
    parts::make_queue(&ministack().url(), &stage.stack, warriors().as_str()).await;
    (stage, Arc::default())
}

/// What the queue `troops` says: a task in `warriors`, made by this program.
fn follow_ups(code: &str, events: &Arc<Kept>) -> Arc<dyn Sequels> {
    let key = "queues.troops.on_complete.task".to_owned();
    let task = Program { code: code.to_owned(), key, line: 1 };
    let mut queue = Queue::new(troops(), "api".parse().unwrap());
    queue.on_complete.task = Some(FollowUp { queue: warriors(), task });
    let program = std::env::var_os("JOBQ_BIN").expect("JOBQ_BIN is not set: run the tests with ./test.sh");
    let jq = Arc::new(Sandbox::of(program.into(), Bounds::default()));
    Arc::new(FollowUps::of([&queue], jq, Arc::clone(events), SystemClock::new(), Some(LONGEST_DELAY)))
}

/// A whole batch of one task.
async fn push(store: &impl Outbox) {
    store.open(&new_batch("b")).await.unwrap();
    let mark = Mark { lines: 1, refused: 0, complete: true };
    store.send(&troops(), &batch("b"), vec![(parcel("b", "b-1"), Duration::ZERO)], mark).await.unwrap();
}

fn ending(receipt: &Receipt) -> Settlement {
    Settlement { queue: troops(), receipt: receipt.clone(), end: done() }
}

fn done() -> End {
    End::Done { of: member("b", "b-1"), children: Vec::new() }
}

fn known(known: u64) -> Tally {
    Tally { known, ..Tally::default() }
}
