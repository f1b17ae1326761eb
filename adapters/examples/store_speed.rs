//! Times the local store: `cargo run --release -p jobq-adapters --features local --example store_speed`.
//!
//! Prints, for each step, tasks a second and microseconds of CPU (all threads) a task. The argument is the
//! number of tasks, 200000 by default; the file is made in the temporary folder (`TMPDIR` moves it).

use std::error::Error;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{Mark, Member, NewBatch};
use jobq_core::delivery::Delivery;
use jobq_core::fault::Fault;
use jobq_core::intake::Intake;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Parcel, Settlement};
use jobq_core::task::{Priority, TaskId};

/// Parcels in one send.
const CHUNK: usize = 1_000;

/// How many drainers take turns at the store, and how many tasks each receives at once.
const DRAINERS: usize = 8;
const HANDFUL: usize = 10;

type Store = LocalStore<SystemClock>;

struct Names {
    queue: QueueName,
    batch: BatchId,
    task: TaskId,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let tasks = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 200_000,
    };
    let folder = tempfile::tempdir()?;
    let store = LocalStore::open(&folder.path().join("jobq.db"), SystemClock::new())?;
    let names = Names { queue: "troops".parse()?, batch: "speed".parse()?, task: "one".parse()? };
    let step = Step::begin("push");
    push(&store, &names, tasks).await?;
    step.end(tasks);

    let step = Step::begin("measure, per task waiting");
    store.measure(&names.queue).await?;
    step.end(tasks);

    let step = Step::begin("receive and settle in hundreds");
    drain(&store, &names, 100, tasks / 2).await?;
    step.end(tasks / 2);

    let step = Step::begin("receive and settle in tens, eight at once");
    let share = tasks / 2 / DRAINERS;
    let drainers = (0..DRAINERS).map(|_| drain(&store, &names, HANDFUL, share));
    futures::future::try_join_all(drainers).await?;
    step.end(share * DRAINERS);
    Ok(())
}

async fn push(store: &Store, names: &Names, tasks: usize) -> Result<(), Fault> {
    let batch = NewBatch {
        id: names.batch.clone(),
        queue: names.queue.clone(),
        source: "speed".to_owned(),
        created_at: SystemClock::new().now(),
    };
    store.open(&batch).await?;
    for _ in 0..tasks / CHUNK {
        let parcel =
            || Parcel { body: vec![b'x'; 300], batch: names.batch.clone(), priority: Priority::Normal };
        let parcels = (0..CHUNK).map(|_| (parcel(), Duration::ZERO)).collect();
        store.send(&names.queue, &names.batch, parcels, Mark::default()).await?;
    }
    Ok(())
}

async fn drain(store: &Store, names: &Names, handful: usize, mut tasks: usize) -> Result<(), Fault> {
    let (visibility, intake) = (Duration::from_secs(60), Intake::whole(&names.queue));
    while tasks > 0 {
        let found = store.receive(&intake, handful.min(tasks), visibility, Duration::ZERO).await?;
        let done = |delivery: &Delivery| Settlement {
            queue: delivery.queue.clone(),
            receipt: delivery.receipt.clone(),
            end: End::Done {
                of: Member { batch: names.batch.clone(), task: names.task.clone() },
                children: Vec::new(),
            },
        };
        let ends: Vec<_> = found.iter().map(done).collect();
        store.settle(&ends).await?;
        tasks -= found.len();
    }
    Ok(())
}

struct Step {
    name: &'static str,
    clock: SystemClock,
    cpu: Duration,
}

impl Step {
    fn begin(name: &'static str) -> Self {
        Self { name, clock: SystemClock::new(), cpu: cpu_used() }
    }

    #[allow(clippy::print_stdout, reason = "this program is for people")]
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    fn end(self, tasks: usize) {
        let wall = self.clock.uptime().as_secs_f64();
        let cpu = cpu_used().saturating_sub(self.cpu).as_secs_f64();
        let tasks = tasks as f64;
        println!(
            "{:<42} {:>9.0} tasks/s {:>6.2} us of CPU a task",
            self.name,
            tasks / wall,
            cpu / tasks * 1e6
        );
    }
}

/// The process's user and system time, as Linux tells it in hundredths of a second; zero elsewhere.
fn cpu_used() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
