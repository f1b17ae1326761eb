//! Settling: the record first, then the end of the delivery; each as soon as its end is known, in batches of
//! whatever has ended since.

use std::collections::BTreeMap;
use std::time::Duration;

use jobq_core::batch::Member;
use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::death::Reason;
use jobq_core::delivery::Receipt;
use jobq_core::envelope::Envelope;
use jobq_core::event::Event;
use jobq_core::event::tasks::{
    SettlementStale, TaskDied, TaskDone, TaskReleased, TaskRetried, TaskSkipped, TasksGrown,
};
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::policy::wait;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::ports::spans::Spans;
use jobq_core::record::Record;
use jobq_core::settlement::{Child, End, Settled, Settlement};
use jobq_core::span::Span;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::persist::persist;
use crate::step::Step;
use crate::traced::ended;
use crate::world::World;

/// How much of an answer a dead letter keeps, in bytes.
pub(crate) const EXCERPT: usize = 1_024;

/// How a delivery ends, with the record that must be durable first.
pub(crate) struct Ending {
    record: Option<Record>,
    /// The size of the record's body, in bytes.
    recorded: usize,
    settlement: Settlement,
    tells: Tells,
    /// Until when a copy is to wait that can't be hidden for as long.
    until: Option<Timestamp>,
    /// What is told of it once it holds, if its task is traced.
    span: Option<Box<Span>>,
}

/// What is told of an ending once it holds.
enum Tells {
    Done,
    Retried { delay: Duration, spent: bool },
    Died(Reason),
    Released,
    Skipped,
}

impl Ending {
    /// The call ended well, and its answer made these tasks.
    pub(crate) fn done(receipt: Receipt, of: Member, record: Record, children: Vec<Child>) -> Self {
        let end = End::Done { of, children };
        let settlement = Settlement { queue: record.queue.clone(), receipt, end };
        Self { recorded: record.body.len(), record: Some(record), ..Self::new(settlement, Tells::Done) }
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
        Self::new(settlement, Tells::Retried { delay, spent })
    }

    /// The task failed for good.
    pub(crate) fn dead(queue: &QueueName, receipt: Receipt, letter: DeadLetter) -> Self {
        let of = match &letter.remains {
            Remains::Envelope(envelope) => Some(envelope.member()),
            Remains::Unreadable(_) => None,
        };
        let end = End::Dead { letter: letter.encode(), of };
        let settlement = Settlement { queue: queue.clone(), receipt, end };
        Self::new(settlement, Tells::Died(letter.reason))
    }

    /// The same, with a record that is stored before.
    pub(crate) fn recorded(self, record: Record) -> Self {
        Self { recorded: record.body.len(), record: Some(record), ..self }
    }

    /// The delivery was never called.
    pub(crate) fn released(queue: &QueueName, receipt: Receipt) -> Self {
        let settlement = Settlement { queue: queue.clone(), receipt, end: End::Release };
        Self::new(settlement, Tells::Released)
    }

    /// The task won't be called: its batch was canceled.
    pub(crate) fn skipped(queue: &QueueName, receipt: Receipt, envelope: &Envelope) -> Self {
        let end = End::Skipped { of: envelope.member() };
        let settlement = Settlement { queue: queue.clone(), receipt, end };
        Self::new(settlement, Tells::Skipped)
    }

    /// The delivery was never called; what goes back is a copy whose receives are counted anew.
    pub(crate) fn renewed(queue: &QueueName, receipt: Receipt, envelope: &Envelope) -> Self {
        let end = End::Retry { copy: envelope.seal(), delay: Duration::ZERO };
        let settlement = Settlement { queue: queue.clone(), receipt, end };
        Self::new(settlement, Tells::Released)
    }

    /// The delivery came too early; what goes back is a copy that waits on.
    pub(crate) fn postponed(
        queue: &QueueName,
        receipt: Receipt,
        envelope: &Envelope,
        until: Timestamp,
    ) -> Self {
        Self { until: Some(until), ..Self::renewed(queue, receipt, envelope) }
    }

    /// The same, its copy waiting until then however long its backend can hide it.
    pub(crate) fn until(self, until: Option<Timestamp>) -> Self {
        Self { until, ..self }
    }

    /// Hides the copy, now that it is sent, until it is due or for as long as can be: waiting for company and trying
    /// again take time too.
    fn hide(&mut self, now: Timestamp, longest: Option<Duration>) {
        if let (Some(until), End::Retry { delay, .. }) = (self.until, &mut self.settlement.end) {
            *delay = wait::stretch(until, now, longest);
        }
    }

    /// The same ending, which is told as this once it holds.
    pub(crate) fn told_as(self, span: Option<Box<Span>>) -> Self {
        Self { span, ..self }
    }

    /// An ending with nothing to write before it.
    fn new(settlement: Settlement, tells: Tells) -> Self {
        Self { record: None, recorded: 0, settlement, tells, until: None, span: None }
    }

    /// Whether something is written before the delivery ends.
    pub(crate) fn is_recorded(&self) -> bool {
        self.record.is_some()
    }

    /// About how many bytes it keeps in memory.
    pub(crate) fn size(&self) -> usize {
        let ended = match &self.settlement.end {
            End::Retry { copy, .. } => copy.body.len(),
            End::Dead { letter, .. } => letter.len(),
            End::Done { children, .. } => children.iter().map(|child| child.parcel.body.len()).sum(),
            End::Skipped { .. } | End::Release => 0,
        };
        self.recorded + ended
    }

    /// What is told of its children: one event for each queue they go to.
    fn grown(&self) -> Vec<TasksGrown> {
        let End::Done { children, .. } = &self.settlement.end else { return Vec::new() };
        let mut counts = BTreeMap::new();
        children.iter().for_each(|child| *counts.entry(&child.queue).or_default() += 1);
        let queue = &self.settlement.queue;
        counts
            .into_iter()
            .map(|(into, count)| TasksGrown { queue: queue.clone(), into: into.clone(), count })
            .collect()
    }

    fn event(&self) -> Event {
        let queue = self.settlement.queue.clone();
        match self.tells {
            Tells::Done => TaskDone { queue }.into(),
            Tells::Retried { delay, spent } => TaskRetried { queue, delay, spent }.into(),
            Tells::Died(reason) => TaskDied { queue, reason }.into(),
            Tells::Released => TaskReleased { queue }.into(),
            Tells::Skipped => TaskSkipped { queue }.into(),
        }
    }
}

impl<W: World> Engine<'_, W> {
    /// Adds an ending to those that will be settled.
    pub(crate) fn end(&mut self, ending: Ending) {
        let receipt = &ending.settlement.receipt;
        self.keeper.ending(receipt);
        let latest = self.keeper.latest_end(receipt, &self.plan.queues);
        self.endings.push(ending, self.world.clock().now(), latest);
    }

    /// Settles what has ended, once enough has or the first has waited long enough.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        let outlook = self.outlook();
        let Some(mut batch) = self.endings.take_due(&self.plan.manner.settling, outlook, now) else {
            return;
        };
        let (world, longest) = (self.world, self.plan.manner.longest_delay);
        self.operate(async move {
            let result = record_and_settle(world, &mut batch, longest).await;
            Step::Settled(batch, result)
        });
    }

    /// When the endings that wait are settled, if there are any and a batch may be begun.
    pub(crate) fn settle_at(&self) -> Option<Timestamp> {
        self.endings.due_at(&self.plan.manner.settling, self.outlook())
    }

    /// Takes in what became of settlements.
    pub(crate) fn on_settled(
        &mut self,
        endings: Vec<Ending>,
        result: Result<Vec<Settled>, Fault>,
    ) -> Result<(), Fault> {
        self.endings.settled(endings.len(), endings.iter().map(Ending::size).sum());
        for (mut ending, settled) in endings.into_iter().zip(result?) {
            self.tell_end(&mut ending, settled);
            self.keeper.drop(&ending.settlement.receipt);
            match settled {
                Settled::Held => {
                    self.count(&ending.tells);
                    ending.grown().into_iter().for_each(|grown| self.note(grown));
                    self.note(ending.event());
                }
                Settled::Stale => {
                    self.summary.stale += 1;
                    self.note(SettlementStale { queue: ending.settlement.queue.clone() });
                }
            }
        }
        Ok(())
    }

    fn tell_end(&self, ending: &mut Ending, settled: Settled) {
        if let Some(span) = ending.span.take() {
            let recorded = matches!(ending.tells, Tells::Done).then_some(ending.recorded);
            self.world.spans().record(ended(*span, settled, recorded, self.world.clock().now()));
        }
    }

    fn count(&mut self, tells: &Tells) {
        match tells {
            Tells::Done => self.summary.done += 1,
            Tells::Retried { spent, .. } => self.summary.retried += u64::from(*spent),
            Tells::Died(_) => self.summary.dead += 1,
            Tells::Released => self.summary.released += 1,
            Tells::Skipped => self.summary.skipped += 1,
        }
    }
}

/// Promise P1 is this order: first the records are durable, then the deliveries end.
///
/// A settlement is sent even when its delivery's visibility may have run out meanwhile (a disk that was full
/// for long): the inbox answers `Stale` if it is somebody else's, and if it isn't, one call is saved.
async fn record_and_settle<W: World>(
    world: &W,
    endings: &mut [Ending],
    longest: Option<Duration>,
) -> Result<Vec<Settled>, Fault> {
    let records: Vec<Record> = endings.iter_mut().filter_map(|ending| ending.record.take()).collect();
    if !records.is_empty() {
        persist(world, || world.results().append(&records)).await?;
    }
    persist(world, || {
        let now = world.clock().now();
        endings.iter_mut().for_each(|ending| ending.hide(now, longest));
        let settlements: Vec<Settlement> = endings.iter().map(|ending| ending.settlement.clone()).collect();
        async move { world.inbox().settle(&settlements).await }
    })
    .await
}

/// The first so many bytes of a body as text.
pub(crate) fn beginning(body: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&body[..body.len().min(most)]).into_owned()
}
