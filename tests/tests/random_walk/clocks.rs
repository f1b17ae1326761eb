//! Clocks: tasks that wait for minutes and days where nothing can be hidden for longer than 15 minutes, and a window that
//! closes while calls are under way. Nothing goes wrong here; what is looked at is when.

use std::sync::Arc;
use std::time::Duration;

use jobq_adapters::result_file::ResultFile;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{Mark, NewBatch};
use jobq_core::envelope::Envelope;
use jobq_core::policy::wait::stretch;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::outbox::Outbox;
use jobq_core::queue::Queue;
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_core::time::Timestamp;
use jobq_drainer::drain;
use jobq_drainer::plan::{Plan, Until};
use jobq_tests::hand_clock::HandClock;
use tokio::task::{JoinHandle, LocalSet, spawn_local};

use crate::api::{Api, Line};
use crate::chance::Chance;
use crate::cut::Cut;
use crate::end::records;
use crate::faulty::{Busy, Faulty};
use crate::plan::{limit, queue};
use crate::walk::{BEGIN, quiet};
use crate::world::{Notes, WalkWorld};

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER: Duration = Duration::from_secs(900);
const DAY: Duration = Duration::from_secs(86_400);
const TICK: Duration = Duration::from_millis(100);

/// A store, an API, and a clock that stands at [`BEGIN`].
struct Scene {
    folder: tempfile::TempDir,
    world: WalkWorld,
    drainers: u32,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = HandClock::new(Timestamp::from_secs(BEGIN));
        let chance = Chance::new(7);
        let ports = Arc::new(Faulty {
            store: LocalStore::open(&folder.path().join("jobq.db"), clock.clone()).unwrap(),
            results: ResultFile::open(&folder.path().join("results.jsonl")).unwrap(),
            clock: clock.clone(),
            chance: chance.clone(),
            trouble: 0,
            longest_delay: Some(QUARTER),
            busy: Busy::default(),
            watched: std::sync::Mutex::default(),
            deleted_without_record: std::sync::atomic::AtomicU64::default(),
        });
        let api = Arc::new(Api::new(clock, chance));
        let (ledger, line) = (Cut::new(&ports), Line::new(&api));
        let world = WalkWorld { ports, api, notes: Notes::default(), ledger, line };
        Self { folder, world, drainers: 0 }
    }

    fn clock(&self) -> &HandClock {
        &self.world.ports.clock
    }

    /// Sends tasks that are to be called so long from now, each hidden for as long as can be.
    async fn push(&self, tasks: &[(String, Duration)]) {
        let now = self.clock().now();
        let (id, source) = ("clocks".parse().unwrap(), "test".to_owned());
        let batch = NewBatch { id, queue: queue().name, source, created_at: now };
        self.world.ports.store.open(&batch).await.unwrap();
        let parcels = tasks.iter().map(|(name, wait)| {
            let url = format!("http://api/{name}");
            let request = Request { method: Method::Get, url, headers: Vec::new(), body: None };
            let (id, priority) = (name.parse().unwrap(), Priority::Normal);
            let task = Task { id, request, priority, delay: Duration::ZERO };
            let due = now.plus(*wait);
            let mut envelope = Envelope::new(task, batch.id.clone(), now);
            envelope.due = Some(due);
            (envelope.seal(), stretch(due, now, Some(QUARTER)))
        });
        let parcels = parcels.collect();
        let mark = Mark { lines: tasks.len() as u64, refused: 0, complete: true };
        self.world.ports.store.send(&batch.queue, &batch.id, parcels, mark).await.unwrap();
    }

    fn start(&mut self, change: impl FnOnce(&mut Plan), queue: Queue) -> JoinHandle<()> {
        self.drainers += 1;
        let id = format!("d{}", self.drainers).parse().unwrap();
        let mut plan = Plan::new(id, limit(false), vec![queue]).over_sqs();
        change(&mut plan);
        let world = self.world.clone();
        spawn_local(async move {
            drain(&world, &plan, std::future::pending(), std::future::pending()).await.unwrap();
        })
    }

    /// Moves the clock until then, in small turns.
    async fn walk_until(&self, uptime: Duration) {
        while self.clock().uptime() < uptime {
            quiet(&self.world).await;
            self.clock().advance(TICK);
        }
        quiet(&self.world).await;
    }

    /// Lets so much time pass as on AWS: each minute it is looked whether tasks can be received, and a drainer is started if
    /// so, which ends when nothing has come for two seconds. Answers when one was started.
    async fn minutes(&mut self, length: Duration) -> Vec<Duration> {
        let mut woken = Vec::new();
        let mut minute = Duration::ZERO;
        while minute < length {
            let depth = self.world.ports.store.measure(&queue().name).await.unwrap();
            if depth.ready > 0 {
                woken.push(self.clock().uptime());
                let drainer = self.start(|plan| plan.until = Until::Idle(Duration::from_secs(2)), queue());
                while !drainer.is_finished() {
                    quiet(&self.world).await;
                    self.clock().advance(TICK);
                }
                drainer.await.unwrap();
            }
            minute += MINUTE;
            self.clock().advance(minute.saturating_sub(self.clock().uptime()));
        }
        woken
    }

    fn starts(&self) -> Vec<Duration> {
        let seen = self.world.api.seen.lock().unwrap();
        seen.starts.iter().map(|at| at.since(Timestamp::from_secs(BEGIN))).collect()
    }

    fn recorded(&self) -> usize {
        records(&std::fs::read_to_string(self.folder.path().join("results.jsonl")).unwrap()).len()
    }
}

fn on_a_hand_moved_clock(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(LocalSet::new().run_until(test));
}

/// One call, within a second of when it is due, and a drainer woken every 15 minutes at most.
fn check_wait(wait: Duration, beside: u32, most_wakes: usize) {
    on_a_hand_moved_clock(async {
        let mut scene = Scene::new();
        // Others that are due about then, so that a wake for each would show.
        let tasks: Vec<_> =
            (0..=beside).map(|number| (format!("ok-{number}"), wait + MINUTE * number)).collect();
        scene.push(&tasks).await;
        let woken = scene.minutes(wait + MINUTE * (beside + 2)).await;
        let starts = scene.starts();
        assert_eq!(starts.len(), tasks.len(), "each is called once");
        for (start, (task, due)) in starts.iter().zip(&tasks) {
            let late = start.checked_sub(*due).unwrap_or_else(|| panic!("{task} was called too early"));
            assert!(late <= Duration::from_secs(1), "{task} was called {late:?} late");
        }
        assert_eq!(scene.recorded(), tasks.len());
        let on_the_way = woken.iter().filter(|at| **at < wait).count();
        assert!(on_the_way <= most_wakes, "woken {on_the_way} times on the way: {woken:?}");
    });
}

#[test]
fn a_delay_of_40_minutes_is_kept_over_what_hides_nothing_for_longer_than_15() {
    check_wait(MINUTE * 40, 10, 2);
}

#[test]
fn a_delay_of_3_days_is_kept_over_what_hides_nothing_for_longer_than_15_minutes() {
    check_wait(DAY * 3, 2, 287);
}

/// Calls take 25 s and go by fives: those begun at 50 s are under way when the window closes at 60.
fn check_closing(until: Until) {
    on_a_hand_moved_clock(async {
        let mut scene = Scene::new();
        let tasks: Vec<_> = (0..40).map(|number| (format!("slow-{number}"), Duration::ZERO)).collect();
        scene.push(&tasks).await;
        let schedule = vec!["cron(0 8 * * ? *) for 1m".parse().unwrap()];
        let own = Queue { schedule, ..queue() };
        let drainer = scene.start(
            |plan| {
                (plan.until, plan.permits) = (until, 5);
            },
            own,
        );
        scene.walk_until(Duration::from_secs(62)).await;
        let measured = async || scene.world.ports.store.measure(&queue().name).await.unwrap();
        let depth = measured().await;
        assert_eq!((depth.ready, depth.in_flight), (25, 5), "what is in hand is handed back, calls go on");
        scene.walk_until(Duration::from_secs(100)).await;
        let depth = measured().await;
        assert_eq!((depth.ready, depth.in_flight, depth.delayed), (25, 0, 0));
        assert_eq!(scene.recorded(), 15, "calls under way have ended and are settled");
        let starts = scene.starts();
        assert_eq!(starts.len(), 15, "each was called once");
        assert!(starts.iter().all(|start| *start < MINUTE), "{starts:?}");
        assert_eq!(drainer.is_finished(), until != Until::Stopped);
        drainer.abort();
    });
}

#[test]
fn a_window_that_closes_with_calls_in_flight_lets_them_end_and_hands_the_rest_back() {
    check_closing(Until::Stopped);
    check_closing(Until::Empty);
    check_closing(Until::Idle(Duration::from_secs(5)));
}
