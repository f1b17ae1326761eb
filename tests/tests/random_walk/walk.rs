//! One walk: tasks are pushed, drainers come and die, the clock moves when everybody waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jobq_adapters::result_file::ResultFile;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::dead_letter::DeadLetter;
use jobq_core::death::Reason;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;
use jobq_drainer::drain;
use jobq_drainer::plan::Until;
use jobq_tests::contract::subject::letters;
use jobq_tests::hand_clock::HandClock;
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use crate::api::{Api, Line};
use crate::cut::Cut;
use crate::end::{End, records};
use crate::faulty::{Busy, Faulty};
use crate::office::Office;
use crate::plan::{DRAINERS, Plan, limit};
use crate::world::{Notes, WalkWorld};

/// When a walk begins, in seconds since the epoch: 2027-01-15T08:00:00Z.
pub(crate) const BEGIN: u64 = 1_800_000_000;

/// How long a walk may take by its own clock.
const MOST: Duration = Duration::from_secs(900);

/// How many rounds without work mean that everybody waits for the clock.
const QUIET: usize = 4;

/// Walks to the end: until every drainer finds the queue empty.
pub(crate) async fn walk(plan: Plan) -> End {
    let folder = tempfile::tempdir().unwrap();
    let clock = HandClock::new(Timestamp::from_secs(BEGIN));
    let store = LocalStore::open(&folder.path().join("jobq.db"), clock.clone()).unwrap();
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
    let api = Arc::new(Api::new(clock.clone(), plan.chance.clone()));
    let ports = Arc::new(ports);
    let (ledger, line) = (Cut::new(&ports), Line::new(&api));
    let world = WalkWorld { ports, api, notes: Notes::default(), ledger, line };
    let mut office = Office::open(&store, &clock, &plan).await;
    let (mut born, mut kills) = (0, 0);
    for is_mended in [false, true].into_iter().take(if plan.mends { 2 } else { 1 }) {
        if is_mended {
            world.api.mend();
            office.send_back().await;
        }
        kills += LocalSet::new().run_until(run(&world, &plan, &mut office, &mut born)).await;
        office.hear_the_rest().await;
    }
    let (mut tallies, mut dead, mut left) = (BTreeMap::new(), Vec::new(), 0);
    for push in &plan.pushes {
        tallies.insert(push.batch, office.tally(push.batch).await);
    }
    for queue in &plan.queues {
        let depth = store.measure(&queue.name).await.unwrap();
        left += depth.ready + depth.in_flight + depth.delayed;
        dead.extend(dead_of(&store, queue).await);
    }
    let (completions, sent_back_at) = (std::mem::take(&mut office.ends), office.sent_back_at);
    let mut seen = world.api.seen.lock().unwrap();
    seen.starts.sort();
    End {
        plan,
        records: records(&std::fs::read_to_string(results).unwrap()),
        dead,
        left,
        deleted_without_record: world.ports.deleted_without_record.load(Ordering::SeqCst),
        starts: std::mem::take(&mut seen.starts),
        failures: std::mem::take(&mut seen.failures),
        kills,
        went_alone: world.notes.went_alone(),
        ended: world.ports.ended(),
        completions,
        tallies,
        sent_back_at,
    }
}

/// Moves the clock until all drainers have ended, killing one now and then; tells how many were killed.
async fn run(world: &WalkWorld, plan: &Plan, office: &mut Office<'_>, born: &mut u32) -> u32 {
    let mut drainers: Vec<_> = (0..DRAINERS).map(|_| start(world, plan, born)).collect();
    let mut killed = 0;
    while !drainers.iter().all(|drainer| drainer.task.is_finished()) {
        office.turn().await;
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
            drainers[victim] = start(world, plan, born);
            killed += 1;
        }
        for drainer in drainers.iter_mut().filter(|drainer| drainer.line.is_fatal()) {
            drainer.task.abort();
            *drainer = start(world, plan, born);
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
    let mut plan = jobq_drainer::plan::Plan::new(id, limit(walk.quota), walk.queues.clone());
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

async fn dead_of(store: &LocalStore<HandClock>, queue: &Queue) -> Vec<(String, Reason)> {
    let letters = letters(store, &queue.name).await;
    let letters = letters.iter().map(|body| DeadLetter::decode(body).unwrap());
    letters.map(|letter| (letter.task_id().unwrap().to_owned(), letter.reason)).collect()
}
