//! One walk: tasks are pushed, drainers come and die, the clock moves when everybody waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jobq_adapters::result_file::ResultFile;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{Mark, NewBatch};
use jobq_core::dead_letter::DeadLetter;
use jobq_core::death::Reason;
use jobq_core::envelope::Envelope;
use jobq_core::limit::Limit;
use jobq_core::opening::Opening;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::outbox::Outbox;
use jobq_core::queue::Queue;
use jobq_core::task::{Method, Priority, Request, Task};
use jobq_core::time::Timestamp;
use jobq_drainer::drain;
use jobq_drainer::plan::Until;
use jobq_tests::contract::subject::letters;
use jobq_tests::hand_clock::HandClock;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use crate::api::{Api, Line};
use crate::chance::Chance;
use crate::cut::Cut;
use crate::faulty::{Busy, Faulty};
use crate::world::{Notes, WalkWorld};

pub(crate) const DRAINERS: usize = 3;
const PER_SECOND: f64 = 50.0;
const BURST: u32 = 2;
const QUOTA: (usize, Duration) = (400, Duration::from_secs(10));

/// When a walk begins, in seconds since the epoch: 2027-01-15T08:00:00Z.
pub(crate) const BEGIN: u64 = 1_800_000_000;

/// How long a walk may take by its own clock.
const MOST: Duration = Duration::from_secs(900);

/// A turn of the clock.
const TICK: Duration = Duration::from_millis(1);

/// A turn of the clock where there are minutes to walk.
const LONG_TICK: Duration = Duration::from_millis(5);

/// How many rounds without work mean that everybody waits for the clock.
const QUIET: usize = 4;

/// What a walk is like.
pub(crate) struct Plan {
    chance: Chance,
    tasks: Vec<String>,
    /// One operation in so many is in trouble.
    trouble: u64,
    /// In one tick of so many a drainer is killed, this many times.
    kills: (u64, u32),
    /// Whether the limit has a quota beside its pace, which it then reaches first.
    quota: bool,
    /// Whether drainers treat the store as if it were SQS.
    over_sqs: bool,
    /// In one tick of so many drainers lose the ledger, one of them or all, and may then go alone; none for 0.
    outages: u64,
    /// When the queue is open; always if nothing is said.
    schedule: Vec<Opening>,
    /// Whether drainers end when the queue is empty, or idle until the walk has lasted so long.
    lasts: Option<Duration>,
    /// How many calls each drainer may have under way, if few.
    permits: Option<usize>,
    /// A turn of the clock.
    tick: Duration,
}

impl Plan {
    /// Everything goes wrong that can.
    pub(crate) fn rough(chance: Chance) -> Self {
        let kind = |number: u64| match number % 60 {
            1 | 31 => "flaky",
            7 => "broken",
            13 => "poison",
            19 => "hasty",
            25 => "lost",
            37 => "panics",
            _ => "ok",
        };
        let tasks = (0..600).map(|number| format!("{}-{number}", kind(number))).collect();
        Self { trouble: 30, kills: (400, 12), quota: true, ..Self::of(chance, tasks) }
    }

    /// Nothing goes wrong.
    pub(crate) fn smooth(chance: Chance) -> Self {
        Self::smooth_of(chance, 1_000)
    }

    /// Nothing goes wrong with so many tasks.
    pub(crate) fn smooth_of(chance: Chance, count: u32) -> Self {
        Self::of(chance, (0..count).map(|number| format!("ok-{number}")).collect())
    }

    fn of(chance: Chance, tasks: Vec<String>) -> Self {
        let (kills, schedule) = ((0, 0), Vec::new());
        Self {
            chance,
            tasks,
            trouble: 0,
            kills,
            quota: false,
            over_sqs: false,
            outages: 0,
            schedule,
            lasts: None,
            permits: None,
            tick: TICK,
        }
    }

    /// One task kills each drainer that calls it.
    pub(crate) fn deadly(chance: Chance) -> Self {
        let killer = std::iter::once("killer-0".to_owned());
        let others = (1..=40).map(|number| format!("ok-{number}"));
        Self { tick: LONG_TICK, ..Self::of(chance, killer.chain(others).collect()) }
    }

    /// The same, with drainers that have no more than this many calls under way.
    pub(crate) fn with_permits(self, permits: usize) -> Self {
        Self { permits: Some(permits), ..self }
    }

    /// The same, over what is treated as SQS.
    pub(crate) fn over_sqs(self) -> Self {
        Self { over_sqs: true, ..self }
    }

    /// The same, with a queue that is open at times; drainers wait for it until the walk has lasted so long.
    pub(crate) fn open_at(self, schedule: &[&str], lasts: Duration) -> Self {
        let schedule = schedule.iter().map(|text| text.parse().unwrap()).collect();
        Self { schedule, lasts: Some(lasts), tick: LONG_TICK, ..self }
    }

    /// The same, with a ledger that can't be reached at times.
    pub(crate) fn with_outages(self) -> Self {
        Self { outages: 6_000, quota: false, ..self }
    }
}

/// How a walk ended.
pub(crate) struct End {
    tasks: Vec<String>,
    records: HashMap<String, usize>,
    pub(crate) dead: Vec<(String, Reason)>,
    /// Tasks still in the queue.
    pub(crate) left: u64,
    pub(crate) deleted_without_record: u64,
    pub(crate) starts: Vec<Timestamp>,
    failures: HashMap<String, u32>,
    kills: u32,
    /// How many times a drainer went alone.
    pub(crate) went_alone: u32,
    quota: bool,
}

/// Walks to the end: until every drainer finds the queue empty.
pub(crate) async fn walk(plan: Plan) -> End {
    let folder = tempfile::tempdir().unwrap();
    let clock = HandClock::new(Timestamp::from_secs(BEGIN));
    let store = LocalStore::open(&folder.path().join("jobq.db"), clock.clone()).unwrap();
    push(&store, &clock, &plan.tasks).await;
    let results = folder.path().join("results.jsonl");
    let ports = Faulty {
        store: store.clone(),
        results: ResultFile::open(&results).unwrap(),
        clock: clock.clone(),
        chance: plan.chance.clone(),
        trouble: plan.trouble,
        longest_delay: None,
        busy: Busy::default(),
        watched: std::sync::Mutex::default(),
        deleted_without_record: std::sync::atomic::AtomicU64::default(),
    };
    let api = Arc::new(Api::new(clock, plan.chance.clone()));
    let ports = Arc::new(ports);
    let (ledger, line) = (Cut::new(&ports), Line::new(&api));
    let world = WalkWorld { ports, api, notes: Notes::default(), ledger, line };
    let kills = LocalSet::new().run_until(run(&world, &plan)).await;
    let depth = store.measure(&queue().name).await.unwrap();
    let dead = dead(&store).await;
    let mut seen = world.api.seen.lock().unwrap();
    seen.starts.sort();
    End {
        tasks: plan.tasks,
        records: records(&std::fs::read_to_string(results).unwrap()),
        dead,
        left: depth.ready + depth.in_flight + depth.delayed,
        deleted_without_record: world.ports.deleted_without_record.load(Ordering::SeqCst),
        starts: std::mem::take(&mut seen.starts),
        failures: std::mem::take(&mut seen.failures),
        kills,
        went_alone: world.notes.went_alone(),
        quota: plan.quota,
    }
}

/// Moves the clock until all drainers have ended, killing one now and then; tells how many were killed.
async fn run(world: &WalkWorld, plan: &Plan) -> u32 {
    let mut born = 0;
    let mut drainers: Vec<_> = (0..DRAINERS).map(|_| start(world, plan, &mut born)).collect();
    let mut killed = 0;
    while !drainers.iter().all(|drainer| drainer.task.is_finished()) {
        quiet(world).await;
        let clock = &world.ports.clock;
        if plan.lasts.is_some_and(|length| clock.uptime() >= length) {
            drainers.iter().for_each(|drainer| drainer.task.abort());
            return killed;
        }
        assert!(clock.uptime() < MOST, "the walk doesn't end");
        if killed < plan.kills.1 && plan.chance.once_in(plan.kills.0) {
            let victim = plan.chance.below(DRAINERS as u64) as usize;
            drainers[victim].task.abort();
            drainers[victim] = start(world, plan, &mut born);
            killed += 1;
        }
        for drainer in drainers.iter_mut().filter(|drainer| drainer.line.is_fatal()) {
            drainer.task.abort();
            *drainer = start(world, plan, &mut born);
            killed += 1;
        }
        if plan.chance.once_in(plan.outages) {
            let until = clock.now().plus(Duration::from_secs(1 + plan.chance.below(40)));
            let (all, one) = (plan.chance.once_in(3), plan.chance.below(DRAINERS as u64) as usize);
            let hit = drainers.iter().enumerate().filter(|(number, _)| all || *number == one);
            hit.for_each(|(_, drainer)| drainer.ledger.cut(until));
        }
        clock.advance(plan.tick);
    }
    for drainer in drainers {
        drainer.task.await.unwrap();
    }
    killed
}

struct Running {
    task: JoinHandle<()>,
    ledger: Cut,
    line: Line,
}

fn start(world: &WalkWorld, walk: &Plan, born: &mut u32) -> Running {
    *born += 1;
    let id = format!("d{born}").parse().unwrap();
    let queue = Queue { schedule: walk.schedule.clone(), ..queue() };
    let mut plan = jobq_drainer::plan::Plan::new(id, limit(walk.quota), vec![queue]);
    plan.until = if walk.lasts.is_some() { Until::Stopped } else { Until::Empty };
    if walk.over_sqs {
        plan = plan.over_sqs();
    }
    if walk.outages > 0 {
        plan = plan.capped();
    }
    plan.permits = walk.permits.unwrap_or(plan.permits);
    let (ledger, line) = (Cut::new(&world.ports), Line::new(&world.api));
    let world = WalkWorld { ledger: ledger.clone(), line: line.clone(), ..world.clone() };
    let task = spawn_local(async move {
        drain(&world, &plan, std::future::pending(), std::future::pending()).await.unwrap();
    });
    Running { task, ledger, line }
}

/// Waits until nobody has anything to do at this instant.
pub(crate) async fn quiet(world: &WalkWorld) {
    let mut rounds = 0;
    while rounds < QUIET {
        yield_now().await;
        if world.ports.busy.is_idle() {
            rounds += 1;
        } else {
            rounds = 0;
            world.ports.busy.less.notified().await;
        }
    }
}

pub(crate) fn limit(quota: bool) -> Limit {
    let mut limit = Limit::new("api".parse().unwrap(), "50/s".parse().unwrap());
    limit.burst = BURST.try_into().unwrap();
    limit.drainers.max = (DRAINERS as u32).try_into().unwrap();
    if quota {
        limit.quotas = vec![format!("{}/{}s", QUOTA.0, QUOTA.1.as_secs()).parse().unwrap()];
    }
    limit
}

pub(crate) fn queue() -> Queue {
    let mut queue = Queue::new("calls".parse().unwrap(), "api".parse().unwrap());
    queue.visibility = Duration::from_secs(6);
    queue.retry.max_attempts = 4.try_into().unwrap();
    queue.retry.max_backoff = Duration::from_secs(4);
    queue
}

async fn push(store: &LocalStore<HandClock>, clock: &HandClock, tasks: &[String]) {
    let (id, source) = ("walk".parse().unwrap(), "test".to_owned());
    let batch = NewBatch { id, queue: queue().name, source, created_at: clock.now() };
    store.open(&batch).await.unwrap();
    let parcels = tasks.iter().map(|name| {
        let request = Request {
            method: Method::Get,
            url: format!("http://api/{name}"),
            headers: Vec::new(),
            body: None,
        };
        let (id, delay) = (name.parse().unwrap(), Duration::ZERO);
        let task = Task { id, request, priority: Priority::Normal, delay };
        (Envelope::new(task, batch.id.clone(), clock.now()).seal(), delay)
    });
    let mark = Mark { lines: tasks.len() as u64, refused: 0, complete: true };
    store.send(&batch.queue, &batch.id, parcels.collect(), mark).await.unwrap();
}

pub(crate) fn records(lines: &str) -> HashMap<String, usize> {
    let mut records = HashMap::new();
    for line in lines.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        *records.entry(record["task"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    records
}

async fn dead(store: &LocalStore<HandClock>) -> Vec<(String, Reason)> {
    let letters = letters(store, &queue().name).await;
    let letters = letters.iter().map(|body| DeadLetter::decode(body).unwrap());
    letters.map(|letter| (letter.task_id().unwrap().to_owned(), letter.reason)).collect()
}

impl End {
    /// Tasks with neither a record nor a dead letter.
    pub(crate) fn missing(&self) -> Vec<String> {
        let ended = |task: &&String| {
            self.records.contains_key(*task) || self.dead.iter().any(|(dead, _)| dead == *task)
        };
        self.tasks.iter().filter(|task| !ended(task)).cloned().collect()
    }

    /// How many of a task's calls failed by its own fault.
    pub(crate) fn failures(&self, task: &str) -> u32 {
        self.failures.get(task).copied().unwrap_or_default()
    }

    /// The share of the limit's rate that was used from the first call to the last.
    pub(crate) fn used(&self) -> f64 {
        let length = self.starts.last().unwrap().since(self.starts[0]);
        (self.starts.len() - 1) as f64 / length.as_secs_f64() / PER_SECOND
    }

    /// No window holds more than the pace allows, and one call more for each drainer that may have gone alone.
    pub(crate) fn assert_no_window_passed(&self) {
        let alone = if self.went_alone > 0 { DRAINERS as f64 } else { 0.0 };
        for window in [20, 100, 1_000, 1_700, 10_000].map(Duration::from_millis) {
            let bound = PER_SECOND * window.as_secs_f64() + f64::from(BURST) + 1.0 + alone;
            let most = self.most_within(window);
            assert!(most as f64 <= bound, "{most} calls in {window:?}, bound {bound}");
        }
        let most = self.most_within(QUOTA.1);
        assert!(!self.quota || most <= QUOTA.0, "{most} calls in the quota's window");
    }

    /// The most starts in any stretch of `window`, its end excluded.
    fn most_within(&self, window: Duration) -> usize {
        let until = |from: usize| self.starts.partition_point(|at| *at < self.starts[from].plus(window));
        (0..self.starts.len()).map(|from| until(from) - from).max().unwrap_or(0)
    }

    /// The walk in one line.
    pub(crate) fn told(&self) -> String {
        let records: usize = self.records.values().sum();
        format!(
            "{} tasks, {} calls, {} records ({} twice), {} dead, {} drainers killed, {} went alone, {:.1} s",
            self.tasks.len(),
            self.starts.len(),
            records,
            records - self.records.len(),
            self.dead.len(),
            self.kills,
            self.went_alone,
            self.starts.last().unwrap().since(self.starts[0]).as_secs_f64(),
        )
    }
}
