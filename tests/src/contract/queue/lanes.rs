//! Lanes: each task comes by one intake of its queue, and where lanes are kept apart, by that of its lane.

use std::time::Duration;

use jobq_core::delivery::Delivery;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::morgue::{Fate, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Parcel, Settled, Settlement};
use jobq_core::task::Priority;

use crate::contract::subject::{Subject, all_letters, bodies, done, letters, member, parcel, send, troops};

/// A parcel of this priority, whose body is its word.
fn of(priority: Priority) -> Parcel {
    Parcel { priority, ..parcel("b", priority.as_str()) }
}

async fn push_one_each<S: Outbox>(store: &S) {
    send(store, "b", Priority::ALL.map(|priority| (of(priority), Duration::ZERO)).into()).await;
}

/// Receives so many tasks from whichever intakes they come by; where lanes are kept apart, each by its own.
async fn gather_all<S: Inbox>(subject: &Subject<S>, store: &S, count: usize) -> Vec<Delivery> {
    let wait = if subject.is_exact() { Duration::ZERO } else { Duration::from_secs(1) };
    let mut found = Vec::new();
    for _ in 0..20 {
        for intake in store.intakes(&troops()) {
            let here = store.receive(&intake, 10, subject.visibility() * 5, wait).await.unwrap();
            if let Some(lane) = intake.lane {
                assert!(
                    bodies(&here).iter().all(|body| body == lane.as_str()),
                    "{lane:?}: {:?}",
                    bodies(&here)
                );
            }
            found.extend(here);
        }
        if found.len() >= count {
            break;
        }
    }
    assert_eq!(found.len(), count, "{:?}", bodies(&found));
    found
}

fn sorted(found: &[Delivery]) -> Vec<String> {
    let mut bodies = bodies(found);
    bodies.sort();
    bodies
}

/// Whatever its priority, a task is counted, received, extended and ended as any other.
pub async fn every_lane_is_served<S: Outbox + Inbox + Depth>(subject: Subject<S>) {
    let store = subject.open();
    push_one_each(&store).await;
    subject.settles_at(3, || async { store.measure(&troops()).await.unwrap().ready }).await;
    let found = gather_all(&subject, &store, 3).await;
    assert_eq!(sorted(&found), ["bulk", "high", "normal"]);
    let receipts: Vec<_> = found.iter().map(|delivery| delivery.receipt.clone()).collect();
    let extended = store.extend(&troops(), &receipts, subject.visibility() * 5).await.unwrap();
    assert_eq!(extended, [Settled::Held; 3]);
    let end = |receipt| Settlement { queue: troops(), receipt, end: done("b") };
    let ends: Vec<_> = receipts.into_iter().map(end).collect();
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held; 3]);
    subject
        .settles_at((0, 0), || async {
            let depth = store.measure(&troops()).await.unwrap();
            (depth.ready, depth.in_flight)
        })
        .await;
}

/// A retry keeps its lane, a task handed back too, and dead letters of all lanes lie together.
pub async fn a_task_keeps_its_lane<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    push_one_each(&store).await;
    let ends = gather_all(&subject, &store, 3).await.into_iter().map(|delivery| {
        let end = match delivery.body.as_slice() {
            b"high" => End::Retry { copy: of(Priority::High), delay: Duration::ZERO },
            b"bulk" => End::Retry { copy: of(Priority::Bulk), delay: Duration::ZERO },
            _ => End::Release,
        };
        Settlement { queue: troops(), receipt: delivery.receipt, end }
    });
    assert_eq!(store.settle(&ends.collect::<Vec<_>>()).await.unwrap(), [Settled::Held; 3]);
    let again = gather_all(&subject, &store, 3).await;
    assert_eq!(sorted(&again), ["bulk", "high", "normal"]);
    let die = |delivery: Delivery| {
        let of = Some(member("b", std::str::from_utf8(&delivery.body).unwrap()));
        let end = End::Dead { letter: delivery.body, of };
        Settlement { queue: troops(), receipt: delivery.receipt, end }
    };
    let ends: Vec<_> = again.into_iter().map(die).collect();
    assert_eq!(store.settle(&ends).await.unwrap(), [Settled::Held; 3]);
    let bodies: Vec<Vec<u8>> = ["bulk", "high", "normal"].map(|word| word.as_bytes().to_vec()).into();
    subject.settles_at(bodies, || async { letters(&store, &troops()).await }).await;
}

/// What is sent back goes to the lane that its copy says.
pub async fn what_is_sent_back_goes_to_its_lane<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    push_one_each(&store).await;
    let die = |delivery: Delivery| {
        let of = Some(member("b", std::str::from_utf8(&delivery.body).unwrap()));
        let end = End::Dead { letter: delivery.body, of };
        Settlement { queue: troops(), receipt: delivery.receipt, end }
    };
    let ends: Vec<_> = gather_all(&subject, &store, 3).await.into_iter().map(die).collect();
    store.settle(&ends).await.unwrap();
    let mut round = store.round(&troops());
    let mut found = all_letters(&mut round).await;
    while !subject.is_exact() && found.len() < 3 {
        round.close().await.unwrap();
        round = store.round(&troops());
        found = all_letters(&mut round).await;
    }
    let back = found.into_iter().map(|letter| {
        let word = std::str::from_utf8(&letter.body).unwrap();
        let (copy, counted) = (of(word.parse().unwrap()), Some(member("b", word)));
        (letter.id, Fate::SendBack { copy, counted })
    });
    assert_eq!(round.end(back.collect()).await.unwrap(), [Settled::Held; 3]);
    round.close().await.unwrap();
    assert_eq!(sorted(&gather_all(&subject, &store, 3).await), ["bulk", "high", "normal"]);
}
