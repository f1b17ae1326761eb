//! Keeping: what a drainer holds stays hidden from others until it has ended.

use std::collections::HashMap;
use std::time::Duration;

use jobq_core::delivery::Receipt;
use jobq_core::event::operations::OperationFailed;
use jobq_core::event::tasks::SettlementStale;
use jobq_core::fault::Fault;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::inbox::Inbox;
use jobq_core::queue::Queue;
use jobq_core::settlement::Settled;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::hand::Ready;
use crate::persist::pause;
use crate::settled::Ending;
use crate::step::Step;
use crate::suspects::is_almost_suspect;
use crate::world::World;

/// How often a drainer looks, as a part of the shortest visibility (a divisor).
const LOOKS: u32 = 6;

/// What part of its visibility a delivery has left when it is hidden again: there is time to try again.
const TO_EXTEND: u32 = 2;

/// What part an ending has left when it goes, if company didn't come sooner.
const TO_SETTLE: u32 = 4;

/// What part an ending has left when it is hidden again: more than the time between looks.
const TO_FAIL: u32 = 5;

/// Every delivery a drainer holds, from its receive to its end.
pub(crate) struct Keeper {
    held: HashMap<Receipt, Held>,
    /// When to look next.
    look_at: Timestamp,
    /// How often to look: well within the shortest visibility.
    every: Duration,
    /// How many extensions are under way.
    under_way: usize,
}

struct Held {
    queue: usize,
    hidden_until: Timestamp,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Called,
    Ending,
}

impl Keeper {
    /// A keeper for deliveries of these queues.
    pub(crate) fn new(queues: &[Queue]) -> Self {
        let shortest = queues.iter().map(|queue| queue.visibility).min().unwrap_or(Duration::MAX);
        Self { held: HashMap::new(), look_at: Timestamp::EPOCH, every: shortest / LOOKS, under_way: 0 }
    }

    /// A delivery came in.
    pub(crate) fn hold(&mut self, queue: usize, receipt: Receipt, hidden_until: Timestamp) {
        self.held.insert(receipt, Held { queue, hidden_until, stage: Stage::Waiting });
    }

    /// Its call is started.
    pub(crate) fn starting(&mut self, receipt: &Receipt) {
        self.set(receipt, Stage::Called);
    }

    /// It waits for another slot.
    pub(crate) fn waiting(&mut self, receipt: &Receipt) {
        self.set(receipt, Stage::Waiting);
    }

    /// Its end is known.
    pub(crate) fn ending(&mut self, receipt: &Receipt) {
        self.set(receipt, Stage::Ending);
    }

    /// It has ended, or is somebody else's.
    pub(crate) fn drop(&mut self, receipt: &Receipt) {
        self.held.remove(receipt);
    }

    /// When to look next, if there is anything to look at.
    pub(crate) fn look_at(&self) -> Option<Timestamp> {
        (!self.held.is_empty() && self.under_way == 0).then_some(self.look_at)
    }

    /// The deliveries whose calls are under way, with the numbers of their queues.
    fn called(&self) -> Vec<(usize, Receipt)> {
        let called = self.held.iter().filter(|(_, held)| held.stage == Stage::Called);
        called.map(|(receipt, held)| (held.queue, receipt.clone())).collect()
    }

    /// When a delivery whose end is known must be on its way: later, its visibility would be asked for again.
    pub(crate) fn latest_end(&self, receipt: &Receipt, queues: &[Queue]) -> Timestamp {
        let latest = |held: &Held| held.hidden_until.minus(queues[held.queue].visibility / TO_SETTLE);
        self.held.get(receipt).map_or(Timestamp::EPOCH, latest)
    }

    /// The deliveries of a queue that come into sight soon. One whose end is known is on its way, and needs longer
    /// only if that fails.
    fn due(&self, queue: usize, visibility: Duration, now: Timestamp) -> Vec<Receipt> {
        let soon = |held: &Held| {
            let margin = if held.stage == Stage::Ending { TO_FAIL } else { TO_EXTEND };
            held.hidden_until < now.plus(visibility / margin)
        };
        let due = self.held.iter().filter(|(_, held)| held.queue == queue && soon(held));
        due.map(|(receipt, _)| receipt.clone()).collect()
    }

    fn set(&mut self, receipt: &Receipt, stage: Stage) {
        if let Some(held) = self.held.get_mut(receipt) {
            held.stage = stage;
        }
    }
}

impl<W: World> Engine<'_, W> {
    /// Hides again what would soon come into sight.
    pub(crate) fn keep(&mut self, now: Timestamp) {
        if self.keeper.look_at().is_none_or(|at| at > now) {
            return;
        }
        self.keeper.look_at = now.plus(self.keeper.every);
        for queue in 0..self.plan.queues.len() {
            let (world, own) = (self.world, &self.plan.queues[queue]);
            let receipts = self.keeper.due(queue, own.visibility, now);
            if receipts.is_empty() {
                continue;
            }
            self.keeper.under_way += 1;
            self.operate(async move {
                let asked_at = world.clock().now();
                let kept = world.inbox().extend(&own.name, &receipts, own.visibility).await;
                Step::Kept(queue, asked_at, receipts, kept)
            });
        }
    }

    /// Takes in which deliveries are hidden for longer. One that is somebody else's by now is not called.
    pub(crate) fn on_kept(
        &mut self,
        queue: usize,
        asked_at: Timestamp,
        receipts: Vec<Receipt>,
        result: Result<Vec<Settled>, Fault>,
    ) -> Result<(), Fault> {
        self.keeper.under_way -= 1;
        let visibility = self.plan.queues[queue].visibility;
        let kept = match result {
            Ok(kept) => kept,
            Err(fault) => {
                let Some(retry_in) = pause(&fault, 0) else {
                    return Err(fault);
                };
                self.keeper.look_at = asked_at.plus(retry_in);
                self.note(OperationFailed { error: fault.chain(), retry_in });
                return Ok(());
            }
        };
        for (receipt, settled) in receipts.into_iter().zip(kept) {
            match settled {
                Settled::Held => {
                    if let Some(held) = self.keeper.held.get_mut(&receipt) {
                        held.hidden_until = asked_at.plus(visibility);
                    }
                }
                Settled::Stale => self.lose(&receipt),
            }
        }
        Ok(())
    }

    /// Hands back every delivery that waits for a slot.
    pub(crate) fn hand_back(&mut self) {
        let tasks = self.hand.take_all();
        self.release(tasks);
    }

    /// Hands these tasks back. Who does that is alive, so it must not make suspects of them.
    pub(crate) fn release(&mut self, tasks: Vec<Ready>) {
        for ready in tasks {
            let queue = &self.plan.queues[ready.queue].name;
            let ending = if is_almost_suspect(&ready) {
                Ending::renewed(queue, ready.receipt, &ready.envelope)
            } else {
                Ending::released(queue, ready.receipt)
            };
            self.end(ending);
        }
    }

    /// Breaks off the calls under way and hands their deliveries back: an interruption is not an attempt.
    pub(crate) fn break_off(&mut self) {
        self.calls.clear();
        for (queue, receipt) in self.keeper.called() {
            self.end(Ending::released(&self.plan.queues[queue].name, receipt));
        }
    }

    fn lose(&mut self, receipt: &Receipt) {
        let Some(held) = self.keeper.held.get(receipt) else {
            return;
        };
        if held.stage == Stage::Waiting {
            self.summary.stale += 1;
            self.note(SettlementStale { queue: self.plan.queues[held.queue].name.clone() });
            self.hand.retain(|ready| ready.receipt != *receipt);
            self.keeper.drop(receipt);
        }
    }
}
