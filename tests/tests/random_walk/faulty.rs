//! Ports with everything going wrong that can: an operation fails, works but its reply is lost, or takes long; a queue
//! gives out nothing though it isn't empty, less than there is, in any order, or what somebody still holds.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use jobq_adapters::result_file::ResultFile;
use jobq_adapters::sqlite::store::LocalStore;
use jobq_core::batch::{Member, Stage, Tally};
use jobq_core::delivery::{Delivery, Receipt};
use jobq_core::envelope::Envelope;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::intake::Intake;
use jobq_core::name::{BatchId, LimitName, QueueName};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::{Depth, QueueDepth};
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::{Ledger, Swap, Version, Versioned};
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use jobq_core::settlement::{Child, End, Settled, Settlement};
use jobq_core::time::Timestamp;
use jobq_tests::hand_clock::HandClock;
use tokio::sync::Notify;

use crate::chance::Chance;

/// The local store and a results file, with trouble.
pub(crate) struct Faulty {
    pub(crate) store: LocalStore<HandClock>,
    pub(crate) results: ResultFile,
    pub(crate) clock: HandClock,
    pub(crate) chance: Chance,
    /// One operation in so many is in trouble; none for 0.
    pub(crate) trouble: u64,
    /// For how long it hides a copy at most, if not for any time.
    pub(crate) longest_delay: Option<Duration>,
    pub(crate) busy: Busy,
    pub(crate) watched: Mutex<Watched>,
    pub(crate) deleted_without_record: AtomicU64,
}

/// How often a receive that waits looks again.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How many operations are under way on other threads: the clock must not move meanwhile.
#[derive(Default)]
pub(crate) struct Busy {
    count: AtomicUsize,
    pub(crate) less: Notify,
}

/// What was seen passing by.
#[derive(Default)]
pub(crate) struct Watched {
    tasks: HashMap<Receipt, String>,
    recorded: HashSet<String>,
    ended: Vec<Ended>,
}

/// The end of a task, as the store took it.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) of: Member,
    pub(crate) at: Timestamp,
    pub(crate) how: How,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// Well, and its answer made these: queues and ids.
    Done(BTreeSet<(String, String)>),
    Dead,
    Skipped,
}

impl Ended {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.how, How::Done(_))
    }
}

impl Busy {
    pub(crate) fn is_idle(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    async fn during<T>(&self, operation: impl Future<Output = T>) -> T {
        let _under_way = UnderWay::new(self);
        operation.await
    }
}

struct UnderWay<'a>(&'a Busy);

impl<'a> UnderWay<'a> {
    fn new(busy: &'a Busy) -> Self {
        busy.count.fetch_add(1, Ordering::SeqCst);
        Self(busy)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.less.notify_one();
    }
}

/// What a receive shows.
struct Shown {
    most: usize,
    hidden: Duration,
}

impl Faulty {
    async fn troubled<T>(&self, operation: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let fault = |what| Fault::new(FaultKind::Passing, what);
        let trouble = if self.chance.once_in(self.trouble) { self.chance.below(3) } else { 3 };
        match trouble {
            0 => return Err(fault("it did not work")),
            1 => {
                let _ = self.busy.during(operation).await;
                return Err(fault("it worked, and the reply is lost"));
            }
            2 => self.clock.sleep(Duration::from_millis(self.chance.below(3_000))).await,
            _ => {}
        }
        self.busy.during(operation).await
    }

    /// What a receive brings at most, and for how long it really hides that: mostly what was asked for.
    fn shown(&self, max: usize, visibility: Duration) -> Shown {
        if !self.chance.once_in(self.trouble / 3) {
            return Shown { most: max, hidden: visibility };
        }
        match self.chance.below(3) {
            0 => Shown { most: 0, hidden: visibility },
            1 => Shown { most: max.div_ceil(7), hidden: visibility },
            _ => Shown { most: max, hidden: visibility / 200 },
        }
    }

    fn mix(&self, deliveries: &mut [Delivery]) {
        if self.trouble > 0 {
            for last in (1..deliveries.len()).rev() {
                deliveries.swap(last, self.chance.below(last as u64 + 1) as usize);
            }
        }
    }

    /// The ends of tasks, as the store took them.
    pub(crate) fn ended(&self) -> Vec<Ended> {
        self.watched.lock().unwrap().ended.clone()
    }

    /// Settles, and notes what held, whether anybody learns of it or not.
    async fn settle_watched(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        let settled = self.store.settle(settlements).await?;
        let held = settlements.iter().zip(&settled).filter(|(_, settled)| **settled == Settled::Held);
        let mut watched = self.watched.lock().unwrap();
        let ended = held.filter_map(|(settlement, _)| {
            let (of, how) = match &settlement.end {
                End::Done { of, children } => (of, How::Done(children.iter().map(named).collect())),
                End::Dead { of, .. } => (of.as_ref()?, How::Dead),
                End::Skipped { of } => (of, How::Skipped),
                End::Retry { .. } | End::Release => return None,
            };
            // A batch knows its tasks by their places; here they go by the ids that answers gave them.
            let task = watched.tasks[&settlement.receipt].parse().unwrap();
            Some(Ended { of: Member { task, ..of.clone() }, at: self.clock.now(), how })
        });
        let ended: Vec<Ended> = ended.collect();
        watched.ended.extend(ended);
        Ok(settled)
    }

    fn check_records(&self, settlements: &[Settlement]) {
        let watched = self.watched.lock().unwrap();
        let done = settlements.iter().filter(|settlement| matches!(settlement.end, End::Done { .. }));
        let missing =
            done.filter(|settlement| !watched.recorded.contains(&watched.tasks[&settlement.receipt]));
        self.deleted_without_record.fetch_add(missing.count() as u64, Ordering::SeqCst);
    }
}

/// A child's queue and id.
fn named(child: &Child) -> (String, String) {
    (child.queue.to_string(), Envelope::decode(&child.parcel.body).unwrap().id.to_string())
}

impl Inbox for Faulty {
    fn intakes(&self, queue: &QueueName) -> Vec<Intake> {
        self.store.intakes(queue)
    }

    async fn receive(
        &self,
        intake: &Intake,
        max: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Fault> {
        let mut now = self.clock.now();
        let Shown { most, hidden } = self.shown(max, visibility);
        let receive = self.store.receive(intake, most, hidden, Duration::ZERO);
        let mut deliveries = self.troubled(receive).await?;
        let mut left = wait;
        while deliveries.is_empty() && !left.is_zero() {
            // Waiting is not work: the clock must move meanwhile.
            let turn = left.min(LOOK_EVERY);
            self.clock.sleep(turn).await;
            left -= turn;
            now = self.clock.now();
            let receive = self.store.receive(intake, max, visibility, Duration::ZERO);
            deliveries = self.busy.during(receive).await?;
        }
        self.mix(&mut deliveries);
        // A queue that gives a task out twice tells neither of the two.
        deliveries.iter_mut().for_each(|delivery| delivery.hidden_until = now.plus(visibility));
        let mut watched = self.watched.lock().unwrap();
        for delivery in &deliveries {
            let task = Envelope::decode(&delivery.body).unwrap().id.to_string();
            watched.tasks.insert(delivery.receipt.clone(), task);
        }
        Ok(deliveries)
    }

    async fn extend(
        &self,
        queue: &QueueName,
        receipts: &[Receipt],
        visibility: Duration,
    ) -> Result<Vec<Settled>, Fault> {
        self.troubled(self.store.extend(queue, receipts, visibility)).await
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        self.check_records(settlements);
        let mut settlements = settlements.to_vec();
        for settlement in &mut settlements {
            if let End::Retry { delay, .. } = &mut settlement.end {
                *delay = self.longest_delay.map_or(*delay, |longest| longest.min(*delay));
            }
        }
        self.troubled(self.settle_watched(&settlements)).await
    }
}

impl Depth for Faulty {
    async fn measure(&self, queue: &QueueName) -> Result<QueueDepth, Fault> {
        self.troubled(self.store.measure(queue)).await
    }
}

impl Ledger for Faulty {
    async fn load(&self, limit: &LimitName) -> Result<Versioned, Fault> {
        self.troubled(self.store.load(limit)).await
    }

    async fn swap(&self, limit: &LimitName, expected: Version, next: &LimitState) -> Result<Swap, Fault> {
        self.troubled(self.store.swap(limit, expected, next)).await
    }

    async fn tally(&self, batch: &BatchId) -> Result<Option<Tally>, Fault> {
        self.troubled(self.store.tally(batch)).await
    }

    async fn stages(&self, batch: &BatchId) -> Result<Vec<Stage>, Fault> {
        self.troubled(self.store.stages(batch)).await
    }
}

impl ResultSink for Faulty {
    async fn append(&self, records: &[Record]) -> Result<(), Fault> {
        let append = async {
            self.results.append(records).await?;
            let tasks = records.iter().map(|record| record.task.to_string());
            self.watched.lock().unwrap().recorded.extend(tasks);
            Ok(())
        };
        self.troubled(append).await
    }
}
