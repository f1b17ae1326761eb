//! Autoscalers over the local store: what they write down, ask of a fleet, and leave alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure ends the test")]

mod world;

use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_autoscaler::plan::Plan;
use jobq_autoscaler::report::Report;
use jobq_autoscaler::tick;
use jobq_core::limit::Limit;
use jobq_core::policy::calendar::book::{Want, book};
use jobq_core::policy::scale::decide::{Held, Step};
use jobq_core::policy::scale::tempo::Tempo;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap};
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;
use jobq_tests::contract::subject::{done, push, settle, take_one, troops};
use jobq_tests::hand_clock::HandClock;
use tempfile::TempDir;

use crate::world::{Around, Asked, Recorder, Wards};

/// A folder with a store, and the clock and fleet that all autoscalers share.
struct Site {
    folder: TempDir,
    clock: HandClock,
    recorder: Recorder,
}

impl Site {
    fn new() -> Self {
        let clock = HandClock::new(Timestamp::from_secs(1_700_000_000));
        Self { folder: tempfile::tempdir().unwrap(), clock, recorder: Recorder::default() }
    }

    /// One more autoscaler, by handles of its own.
    fn autoscaler(&self) -> Wards {
        let path: &Path = self.folder.path();
        let store = LocalStore::open(&path.join("jobq.db"), self.clock.clone()).unwrap();
        let store = Around { store, queue: None, limit: None };
        Wards { store, clock: self.clock.clone(), recorder: self.recorder.clone() }
    }
}

/// Limit `name` with one queue: four calls a second, each taken to last a second, by at most four drainers that keep
/// one in flight each. Three tasks at once are enough to want more than two of them.
fn plan(name: &str, queue: &str) -> Plan {
    let mut limit = Limit::new(name.parse().unwrap(), "4/s".parse().unwrap());
    limit.drainers.max = 4.try_into().unwrap();
    limit.drainers.in_flight = Some(1.try_into().unwrap());
    limit.drainers.target_drain = Duration::from_secs(1);
    let queues = vec![Queue::new(queue.parse().unwrap(), limit.name.clone())];
    Plan { limit, queues, tempo: Tempo::EACH_MINUTE }
}

fn start(limit: &str, count: u32) -> Asked {
    Asked::Start(limit.to_owned(), count)
}

fn cap(limit: &str, cap: u32) -> Asked {
    Asked::Cap(limit.to_owned(), cap)
}

fn desired(report: &Report) -> u32 {
    report.outcome.as_ref().unwrap().decision.desired
}

/// A drainer says that it is at work, as drainers do.
async fn at_work(world: &Wards, limit: &Limit, drainer: &str) {
    let found = world.store.load(&limit.name).await.unwrap();
    let drainer = drainer.parse().unwrap();
    let want = Want::new(drainer, 0);
    let next = book(limit, &found.state, world.clock.now(), &want).state.unwrap();
    let written = world.store.swap(&limit.name, found.version, &next).await.unwrap();
    assert!(matches!(written, Swap::Written(_)));
}

#[tokio::test]
async fn a_backlog_is_written_down_then_capped_then_started() {
    let site = Site::new();
    let (world, plan) = (site.autoscaler(), plan("hermes", troops().as_str()));
    push(&world.store.store, "b", &["one", "two", "three"]).await;
    let reports = tick(&world, std::slice::from_ref(&plan)).await;
    assert_eq!(desired(&reports[0]), 4);
    assert_eq!(site.recorder.take(), [cap("hermes", 4), start("hermes", 4)]);

    // Woken again at once, it finds that all has been done.
    tick(&world, std::slice::from_ref(&plan)).await;
    assert_eq!(site.recorder.take(), []);
}

#[tokio::test]
async fn autoscalers_at_once_start_no_more_than_one_would() {
    for _ in 0..10 {
        let site = Site::new();
        let worlds: Vec<Wards> = (0..4).map(|_| site.autoscaler()).collect();
        let plans = [plan("hermes", troops().as_str())];
        push(&worlds[0].store.store, "b", &["one", "two", "three"]).await;
        at_work(&worlds[0], &plans[0].limit, "d1").await;
        let reports = join_all(worlds.iter().map(|world| tick(world, &plans))).await;
        assert!(reports.iter().all(|reports| desired(&reports[0]) == 4));
        let started = site.recorder.take().into_iter().filter(|asked| matches!(asked, Asked::Start(_, _)));
        assert_eq!(started.collect::<Vec<_>>(), [start("hermes", 3)]);
    }
}

#[tokio::test]
async fn who_is_not_seen_in_time_is_started_again_and_who_is_seen_is_not() {
    let site = Site::new();
    let (world, plans) = (site.autoscaler(), [plan("hermes", troops().as_str())]);
    push(&world.store.store, "b", &["one", "two", "three"]).await;
    tick(&world, &plans).await;
    at_work(&world, &plans[0].limit, "d1").await;
    site.clock.advance(Duration::from_secs(4));
    tick(&world, &plans).await;
    let started =
        |asked: Vec<Asked>| asked.into_iter().filter(|one| matches!(one, Asked::Start(_, _))).count();
    assert_eq!(started(site.recorder.take()), 1, "one is at work, three are on their way");
    site.clock.advance(Duration::from_secs(20));
    at_work(&world, &plans[0].limit, "d1").await;
    tick(&world, &plans).await;
    assert!(site.recorder.take().contains(&start("hermes", 3)), "three have not come");
}

#[tokio::test]
async fn an_idle_limit_is_left_alone() {
    let site = Site::new();
    let (world, plans) = (site.autoscaler(), [plan("hermes", troops().as_str())]);
    for _ in 0..3 {
        let reports = tick(&world, &plans).await;
        assert_eq!(desired(&reports[0]), 0);
        site.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(site.recorder.take(), []);
    assert_eq!(site.recorder.pasts(), 0, "history costs money");
    let found = world.store.load(&plans[0].limit.name).await.unwrap();
    assert_eq!(found.version.0, 0, "nothing is written");
}

#[tokio::test]
async fn a_drained_limits_cap_is_lowered_after_three_readings() {
    let site = Site::new();
    let (world, plans) = (site.autoscaler(), [plan("hermes", troops().as_str())]);
    push(&world.store.store, "b", &["one"]).await;
    tick(&world, &plans).await;
    let receipt = take_one(&world.store.store).await.receipt;
    settle(&world.store.store, &receipt, done("b")).await;
    for _ in 0..2 {
        site.clock.advance(Duration::from_secs(60));
        tick(&world, &plans).await;
    }
    assert!(!site.recorder.take().contains(&cap("hermes", 1)));
    site.clock.advance(Duration::from_secs(60));
    tick(&world, &plans).await;
    assert_eq!(site.recorder.take(), [cap("hermes", 1)]);
}

#[tokio::test]
async fn what_is_broken_for_one_limit_stops_no_other() {
    let site = Site::new();
    let mut world = site.autoscaler();
    let plans = [plan("artemis", "warriors"), plan("apollo", "archers"), plan("hermes", troops().as_str())];
    world.store.limit = Some("artemis".parse().unwrap());
    world.store.queue = Some("archers".parse().unwrap());
    push(&world.store.store, "b", &["one", "two", "three"]).await;
    let reports = tick(&world, &plans).await;
    assert!(reports[0].outcome.is_err(), "nothing is known of who is at work");
    let blind = reports[1].outcome.as_ref().unwrap();
    assert_eq!((blind.decision.step, blind.faults.len()), (Step::Held(Held::Unmeasured), 1));
    assert_eq!(desired(&reports[2]), 4);
    assert_eq!(site.recorder.take(), [cap("hermes", 4), start("hermes", 4)]);
}

#[tokio::test]
async fn a_limit_without_autoscale_is_only_told_of() {
    let site = Site::new();
    let (world, mut plan) = (site.autoscaler(), plan("hermes", troops().as_str()));
    plan.limit.drainers.autoscale = false;
    push(&world.store.store, "b", &["one", "two", "three"]).await;
    let reports = tick(&world, std::slice::from_ref(&plan)).await;
    let scaled = reports[0].outcome.as_ref().unwrap();
    assert_eq!(scaled.decision.need.waiting, 3);
    assert_eq!(scaled.decision.step, Step::Held(Held::ByConfiguration));
    assert_eq!((site.recorder.take(), site.recorder.pasts()), (Vec::new(), 0));
    assert_eq!(world.store.load(&plan.limit.name).await.unwrap().version.0, 0);
}

#[tokio::test]
async fn arrivals_are_looked_up_where_they_decide() {
    let site = Site::new();
    let (world, mut plan) = (site.autoscaler(), plan("hermes", troops().as_str()));
    plan.limit.drainers.target_drain = Duration::from_secs(3_600);
    push(&world.store.store, "b", &["one", "two", "three"]).await;
    let reports = tick(&world, std::slice::from_ref(&plan)).await;
    assert_eq!(site.recorder.pasts(), 1);
    assert_eq!(desired(&reports[0]), 3, "two a second arrive, each takes a second; three wait for longer");

    plan.limit.drainers.target_drain = Duration::from_secs(1);
    push(&world.store.store, "c", &["four", "five"]).await;
    tick(&world, std::slice::from_ref(&plan)).await;
    assert_eq!(site.recorder.pasts(), 1, "the backlog alone wants all there may be");
}
