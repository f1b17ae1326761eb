//! Settling: the record first, then the end of the delivery; each as soon as its end is known, in batches of
//! whatever has ended since.

use std::time::Duration;

use jobq_core::dead_letter::{DeadLetter, Reason, Remains};
use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::event::Event;
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;
use jobq_core::settlement::{End, Settled, Settlement};
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::persist::persist;
use crate::step::Step;
use crate::world::World;

/// Settlements under way at once: while one batch is written, the next is gathered and sent after it.
const BATCHES_UNDER_WAY: usize = 2;

/// How long an ending may wait for company. Each batch is a write that waits for the disk; at a few hundred
/// calls a second this makes one of what would be many, and no task is held up by it.
const LINGER: Duration = Duration::from_millis(20);

/// So many endings don't wait for more.
const COMPANY: usize = 256;

/// How much of an answer a dead letter keeps, in bytes.
const EXCERPT: usize = 1_024;

/// How a delivery ends, with the record that must be durable first.
pub(crate) struct Ending {
    record: Option<Record>,
    settlement: Settlement,
    tells: Tells,
}

/// What is told of an ending once it holds.
enum Tells {
    Done,
    Retried { delay: Duration, spent: bool },
    Died(Reason),
    Released,
}

impl Ending {
    /// The call ended well.
    pub(crate) fn done(receipt: Receipt, record: Record) -> Self {
        let end = End::Done { batch: record.batch.clone() };
        let settlement = Settlement { queue: record.queue.clone(), receipt, end };
        Self { record: Some(record), settlement, tells: Tells::Done }
    }

    /// The task is to be called again after the delay.
    pub(crate) fn retry(
        queue: &QueueName,
        receipt: Receipt,
        envelope: &Envelope,
        delay: Duration,
        spent: bool,
    ) -> Self {
        let end = End::Retry { copy: envelope.seal(), delay };
        let settlement = Settlement { queue: queue.clone(), receipt, end };
        Self { record: None, settlement, tells: Tells::Retried { delay, spent } }
    }

    /// The task failed for good.
    pub(crate) fn dead(queue: &QueueName, receipt: Receipt, letter: DeadLetter) -> Self {
        let batch = match &letter.remains {
            Remains::Envelope(envelope) => Some(envelope.batch.clone()),
            Remains::Unreadable(_) => None,
        };
        let end = End::Dead { letter: letter.encode(), batch };
        let settlement = Settlement { queue: queue.clone(), receipt, end };
        Self { record: None, settlement, tells: Tells::Died(letter.reason) }
    }

    /// The delivery was never called.
    pub(crate) fn released(queue: &QueueName, receipt: Receipt) -> Self {
        let settlement = Settlement { queue: queue.clone(), receipt, end: End::Release };
        Self { record: None, settlement, tells: Tells::Released }
    }

    fn event(&self) -> Event {
        let queue = self.settlement.queue.clone();
        match self.tells {
            Tells::Done => Event::TaskDone { queue },
            Tells::Retried { delay, spent } => Event::TaskRetried { queue, delay, spent },
            Tells::Died(reason) => Event::TaskDied { queue, reason },
            Tells::Released => Event::TaskReleased { queue },
        }
    }
}

impl<W: World> Engine<'_, W> {
    /// Adds an ending to those that will be settled next.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.keeper.ending(&ending.settlement.receipt);
        if self.endings.is_empty() {
            self.settle_at = self.world.clock().now().plus(LINGER);
        }
        self.endings.push(ending);
    }

    /// Settles what has ended, once enough has or the first has waited long enough.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let enough = self.endings.len() >= COMPANY || (now >= self.settle_at && !self.endings.is_empty());
        if !enough || self.settlings >= BATCHES_UNDER_WAY {
            return;
        }
        let mut endings = std::mem::take(&mut self.endings);
        self.settlings += 1;
        self.settling += endings.len();
        let world = self.world;
        self.operate(async move {
            let result = record_and_settle(world, &mut endings).await;
            Step::Settled(endings, result)
        });
    }

    /// When the endings that wait are settled, if there are any and a batch may be begun.
    pub(crate) fn settle_at(&self) -> Option<Timestamp> {
        (!self.endings.is_empty() && self.settlings < BATCHES_UNDER_WAY).then_some(self.settle_at)
    }

    /// Takes in what became of settlements.
    pub(crate) fn on_settled(
        &mut self,
        endings: Vec<Ending>,
        result: Result<Vec<Settled>, Fault>,
    ) -> Result<(), Fault> {
        self.settlings -= 1;
        self.settling -= endings.len();
        for (ending, settled) in endings.iter().zip(result?) {
            self.keeper.drop(&ending.settlement.receipt);
            match settled {
                Settled::Held => {
                    self.count(&ending.tells);
                    self.note(&ending.event());
                }
                Settled::Stale => {
                    self.summary.stale += 1;
                    self.note(&Event::SettlementStale { queue: ending.settlement.queue.clone() });
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, tells: &Tells) {
        match tells {
            Tells::Done => self.summary.done += 1,
            Tells::Retried { spent, .. } => self.summary.retried += u64::from(*spent),
            Tells::Died(_) => self.summary.dead += 1,
            Tells::Released => self.summary.released += 1,
        }
    }
}

/// Promise P1 is this order: first the records are durable, then the deliveries end.
///
/// A settlement is sent even when its delivery's visibility may have run out meanwhile (a disk that was full
/// for long): the inbox answers `Stale` if it is somebody else's, and if it isn't, one call is saved.
async fn record_and_settle<W: World>(world: &W, endings: &mut [Ending]) -> Result<Vec<Settled>, Fault> {
    let records: Vec<Record> = endings.iter_mut().filter_map(|ending| ending.record.take()).collect();
    if !records.is_empty() {
        persist(world, || world.results().append(&records)).await?;
    }
    let settlements: Vec<Settlement> = endings.iter().map(|ending| ending.settlement.clone()).collect();
    persist(world, || world.inbox().settle(&settlements)).await
}

/// The beginning of a body as text.
pub(crate) fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(EXCERPT)]).into_owned()
}
