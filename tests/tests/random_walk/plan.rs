//! What a walk is like: what is pushed, what goes wrong, and how often.

use std::time::Duration;

use jobq_core::limit::Limit;
use jobq_core::name::QueueName;
use jobq_core::queue::Queue;
use jobq_core::task::Priority;

use crate::chance::Chance;
use crate::tree;

pub(crate) const DRAINERS: usize = 3;
pub(crate) const PER_SECOND: f64 = 50.0;
pub(crate) const BURST: u32 = 2;
pub(crate) const QUOTA: (usize, Duration) = (400, Duration::from_secs(10));

/// A turn of the clock.
const TICK: Duration = Duration::from_millis(1);

/// A turn of the clock where there are minutes to walk.
const LONG_TICK: Duration = Duration::from_millis(5);

/// What a walk is like.
pub(crate) struct Plan {
    pub(crate) chance: Chance,
    pub(crate) pushes: Vec<Push>,
    pub(crate) queues: Vec<Queue>,
    /// One operation in so many is in trouble.
    pub(crate) trouble: u64,
    /// In one tick of so many a drainer is killed, this many times.
    pub(crate) kills: (u64, u32),
    /// Whether the limit has a quota beside its pace, which it then reaches first.
    pub(crate) quota: bool,
    /// Whether drainers treat the store as if it were SQS.
    pub(crate) over_sqs: bool,
    /// In one tick of so many drainers lose the ledger, one of them or all, and may then go alone; none for 0.
    pub(crate) outages: u64,
    /// Whether drainers end when the queue is empty, or idle until the walk has lasted so long.
    pub(crate) lasts: Option<Duration>,
    /// How many calls each drainer may have under way, if few.
    pub(crate) permits: Option<usize>,
    /// A batch that is canceled, and when.
    pub(crate) canceled: Option<(&'static str, Duration)>,
    /// Whether the API is mended when all tasks have ended, and the dead ones go back.
    pub(crate) mends: bool,
    /// A turn of the clock.
    pub(crate) tick: Duration,
}

/// A batch that is pushed: a half when the walk begins, the rest while it is drained.
pub(crate) struct Push {
    pub(crate) batch: &'static str,
    pub(crate) queue: QueueName,
    pub(crate) tasks: Vec<(String, Priority)>,
    /// When the rest is pushed.
    pub(crate) rest: Duration,
}

impl Plan {
    /// Everything goes wrong that can.
    pub(crate) fn rough(chance: Chance) -> Self {
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

    /// Everything goes wrong that can, and tasks grow: batches of lists, each task of which makes pages and children, which
    /// make children again, in all lanes. The third has little to do until its rest comes.
    pub(crate) fn grown(chance: Chance) -> Self {
        let push = |batch, range: std::ops::Range<u64>, rest| {
            let tasks = range.map(|number| (tree::root(number), Priority::ALL[number as usize % 3]));
            Push { batch, queue: tree::lists(), tasks: tasks.collect(), rest: Duration::from_millis(rest) }
        };
        let pushes =
            vec![push("first", 0..60, 400), push("second", 60..90, 900), push("third", 93..97, 10_000)];
        Self { pushes, queues: tree::queues(), ..Self::rough(chance) }
    }

    fn of(chance: Chance, tasks: Vec<String>) -> Self {
        let tasks = tasks.into_iter().map(|task| (task, Priority::Normal)).collect();
        let push = Push { batch: "walk", queue: queue().name, tasks, rest: Duration::ZERO };
        Self {
            chance,
            pushes: vec![push],
            queues: vec![queue()],
            trouble: 0,
            kills: (0, 0),
            quota: false,
            over_sqs: false,
            outages: 0,
            lasts: None,
            permits: None,
            canceled: None,
            mends: false,
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

    /// The same, with queues that are open at times; drainers wait for it until the walk has lasted so long.
    pub(crate) fn open_at(mut self, schedule: &[&str], lasts: Duration) -> Self {
        for queue in &mut self.queues {
            queue.schedule = schedule.iter().map(|text| text.parse().unwrap()).collect();
        }
        Self { lasts: Some(lasts), tick: LONG_TICK, ..self }
    }

    /// The same, with a ledger that can't be reached at times.
    pub(crate) fn with_outages(self) -> Self {
        Self { outages: 6_000, quota: false, ..self }
    }

    /// The same, with a batch that is canceled so long after the walk has begun.
    pub(crate) fn canceled(self, batch: &'static str, after: Duration) -> Self {
        Self { canceled: Some((batch, after)), ..self }
    }

    /// The same, and once more: what has died goes back to an API that is mended.
    pub(crate) fn mended(self) -> Self {
        Self { mends: true, ..self }
    }
}

/// How the API answers a task of this number; see [`crate::api::Api`].
pub(crate) fn kind(number: u64) -> &'static str {
    match number % 60 {
        1 | 31 => "flaky",
        7 => "broken",
        13 => "poison",
        19 => "hasty",
        25 => "lost",
        37 => "panics",
        _ => "ok",
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
