//! Receiving: never more than there is room for, from each queue and lane by its weight.

use std::time::Duration;

use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::death::Reason;
use jobq_core::delivery::Delivery;
use jobq_core::envelope::Envelope;
use jobq_core::event::operations::{OperationFailed, OperationRecovered};
use jobq_core::event::tasks::{TasksAwaited, TasksReceived};
use jobq_core::fault::Fault;
use jobq_core::intake::Intake;
use jobq_core::policy::fair::{Claim, shares};
use jobq_core::policy::room::{Flow, Load, Supply, receives, room};
use jobq_core::ports::depth::Depth;
use jobq_core::ports::inbox::Inbox;
use jobq_core::queue::Queue;
use jobq_core::task::{Priority, Request};
use jobq_core::time::Timestamp;

use crate::canceled::is_canceled;
use crate::engine::Engine;
use crate::hand::Ready;
use crate::persist::pause;
use crate::plan::Until;
use crate::settled::{Ending, beginning};
use crate::step::Step;
use crate::world::World;

/// How long a queue that brought nothing is left alone, whatever its backend makes of a wait.
const BREATH: Duration = Duration::from_millis(50);

/// A task received this often without an end is given up before its call: it may kill its drainer. Far
/// above any `max_attempts`, because a receive is not an attempt.
const MOST_RECEIVES: u32 = 100;

/// How much is kept of a body that is no envelope, in bytes: a newer program may be able to read it. All of it may have
/// to be written as `\u0000`, and a letter must fit into 1 MiB.
const KEPT: usize = 128 << 10;

/// The longest a source is waited for where the drainer ends once all of them are empty: it asks each before it ends.
const WAIT_BEFORE_THE_END: Duration = Duration::from_secs(4);

/// What is known of one of the places that tasks come from: a queue, or a lane of one.
#[derive(Debug)]
pub(crate) struct Source {
    /// The number of its queue in the plan.
    queue: usize,
    /// What is asked for its tasks.
    intake: Intake,
    /// How many receives are under way.
    under_way: usize,
    /// How many tasks those can bring.
    on_the_way: usize,
    /// What the last receive said.
    flow: Flow,
    /// Whether any receive has said something.
    told: bool,
    /// Whether the last receive brought nothing, and the queue was not measured since.
    empty: bool,
    /// No receive before then.
    not_before: Timestamp,
    /// How many receives failed in a row.
    faults: u32,
}

impl Source {
    /// All sources of these queues.
    pub(crate) fn all(inbox: &impl Inbox, queues: &[Queue]) -> Vec<Self> {
        let numbered = queues.iter().enumerate();
        let intakes = numbered.flat_map(|(number, queue)| {
            inbox.intakes(&queue.name).into_iter().map(move |intake| Self::new(number, intake))
        });
        intakes.collect()
    }

    fn new(queue: usize, intake: Intake) -> Self {
        Self {
            queue,
            intake,
            under_way: 0,
            on_the_way: 0,
            flow: Flow::Few,
            told: false,
            empty: false,
            not_before: Timestamp::EPOCH,
            faults: 0,
        }
    }
}

impl<W: World> Engine<'_, W> {
    /// Starts receives from every source that has room for a worthwhile number of tasks.
    pub(crate) fn receive(&mut self, now: Timestamp) {
        if self.bookings.closed || self.measuring || self.has_suspects() {
            return;
        }
        let total = room(&Load { in_hand: 0, ..self.load(now) });
        let claims: Vec<Claim> = self.sources.iter().map(|source| self.claim(source)).collect();
        for (number, wanted) in shares(total, &claims).into_iter().enumerate() {
            let source = &self.sources[number];
            if now < source.not_before || !self.doors.is_open(source.queue) {
                continue;
            }
            let supply = Supply {
                wanted,
                in_hand: self.hand.len_from(number),
                under_way: source.under_way,
                on_the_way: source.on_the_way,
                // A source that was found empty is asked in quick succession to be sure of it.
                flow: if self.empty_rounds > 0 { Flow::Few } else { source.flow },
                most_wait: self.most_wait(source.queue, now),
            };
            let receives = receives(&self.plan.manner.receiving, &supply);
            for _ in 0..receives.count {
                self.start_receive(number, receives.most, receives.wait);
            }
        }
    }

    /// What a source asks for, of what may be in hand.
    fn claim(&self, source: &Source) -> Claim {
        let has_tasks = source.flow == Flow::Plenty || !source.told;
        Claim {
            queue: source.queue,
            weight: self.plan.queues[source.queue].weight.get(),
            lane: source.intake.lane.map_or(1, Priority::weight),
            is_full: has_tasks && self.doors.is_open(source.queue),
        }
    }

    /// How long a receive of a queue may wait: what the engine waits for otherwise. None outlives a drainer that ends by
    /// itself, for a task that came by it then would stay hidden.
    fn most_wait(&self, queue: usize, now: Timestamp) -> Duration {
        let ends = self.stops_at().into_iter().chain(self.doors.moves_at(queue)).min();
        let left = ends.map_or(Duration::MAX, |at| at.since(now));
        match self.plan.until {
            Until::Stopped => left,
            Until::Empty => left.min(WAIT_BEFORE_THE_END),
            // Also where all other work ends a moment after it has begun.
            Until::Idle(length) => left.min(length),
        }
    }

    fn start_receive(&mut self, number: usize, most: usize, wait: Duration) {
        let source = &mut self.sources[number];
        source.under_way += 1;
        source.on_the_way += most;
        let (world, intake) = (self.world, source.intake.clone());
        let visibility = self.plan.queues[source.queue].visibility;
        self.operate(async move {
            let received = world.inbox().receive(&intake, most, visibility, wait).await;
            Step::Received(number, most, received)
        });
    }

    /// Takes in what a receive of at most `most` tasks brought.
    pub(crate) fn on_received(
        &mut self,
        number: usize,
        most: usize,
        result: Result<Vec<Delivery>, Fault>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let source = &mut self.sources[number];
        source.under_way -= 1;
        source.on_the_way -= most;
        let deliveries = match result {
            Ok(deliveries) => deliveries,
            Err(fault) => {
                let Some(retry_in) = pause(&fault, source.faults) else {
                    return Err(fault);
                };
                source.faults += 1;
                source.not_before = now.plus(retry_in);
                self.note(OperationFailed { error: fault.chain(), retry_in });
                return Ok(());
            }
        };
        let recovered = std::mem::take(&mut source.faults) > 0;
        source.empty = deliveries.is_empty();
        source.flow = source.flow.after(deliveries.len(), most);
        source.told = true;
        if recovered {
            self.note(OperationRecovered);
        }
        let source = &mut self.sources[number];
        if source.empty {
            // A short poll answers at once; the next one comes when something else has happened, or soon.
            source.not_before = now.plus(BREATH);
        } else {
            self.empty_rounds = 0;
            let name = self.plan.queues[source.queue].name.clone();
            self.note(TasksReceived { queue: name, count: deliveries.len() });
        }
        for delivery in deliveries {
            self.take_in(number, delivery, now);
        }
        Ok(())
    }

    /// Asks how many tasks the queues hold, where that decides whether the work is over.
    pub(crate) fn measure(&mut self) {
        let known_empty = |source: &Source| source.empty || !self.doors.is_open(source.queue);
        let idle = self.is_idle() && self.sources.iter().all(known_empty);
        if self.plan.until != Until::Empty || !idle || self.measuring {
            return;
        }
        self.measuring = true;
        let world = self.world;
        let open: Vec<&Queue> = self
            .plan
            .queues
            .iter()
            .enumerate()
            .filter(|(number, _)| self.doors.is_open(*number))
            .map(|(_, queue)| queue)
            .collect();
        self.operate(async move {
            let mut total = 0;
            for queue in open {
                match world.depth().measure(&queue.name).await {
                    Ok(depth) => total += depth.ready + depth.in_flight + depth.delayed,
                    Err(fault) => return Step::Measured(Err(fault)),
                }
            }
            Step::Measured(Ok(total))
        });
    }

    /// Takes in what the queues hold: none at all, some times in a row, ends the work.
    pub(crate) fn on_measured(&mut self, result: Result<u64, Fault>, now: Timestamp) -> Result<(), Fault> {
        self.measuring = false;
        match result {
            Ok(0) => {
                self.empty_rounds += 1;
                if self.empty_rounds >= self.plan.manner.empty_rounds {
                    self.stop(now);
                }
            }
            Ok(count) => {
                self.empty_rounds = 0;
                self.note(TasksAwaited { count });
            }
            Err(fault) => {
                let Some(retry_in) = pause(&fault, 0) else {
                    return Err(fault);
                };
                self.note(OperationFailed { error: fault.chain(), retry_in });
            }
        }
        // It is measured again when each source has been asked once more.
        self.sources.iter_mut().for_each(|source| source.empty = false);
        Ok(())
    }

    /// Whether any receive is under way: its tasks will have to be handed back.
    pub(crate) fn is_receiving(&self) -> bool {
        self.sources.iter().any(|source| source.under_way > 0)
    }

    /// The earliest instant at which a queue that waits may be asked again.
    pub(crate) fn receive_at(&self, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.sources.iter().filter(|source| source.under_way == 0 && source.not_before > now);
        waiting.map(|source| source.not_before).min()
    }

    /// Reads a delivery; what can't be called is ended at once.
    fn take_in(&mut self, source: usize, delivery: Delivery, now: Timestamp) {
        let queue = self.sources[source].queue;
        self.keeper.hold(queue, delivery.receipt.clone(), delivery.hidden_until);
        let max_age = self.plan.queues[queue].retry.max_age;
        let dead = |reason, detail: String, remains| DeadLetter {
            reason,
            detail,
            died_at: now,
            excerpt: None,
            remains,
        };
        let letter = match Envelope::decode(&delivery.body) {
            Err(error) => dead(
                Reason::Unreadable,
                error.to_string(),
                Remains::Unreadable(beginning(&delivery.body, KEPT)),
            ),
            Ok(envelope) if is_canceled(&self.bookings.known.state, &envelope) => {
                let name = &self.plan.queues[queue].name;
                return self.end(Ending::skipped(name, delivery.receipt, &envelope));
            }
            Ok(envelope) if delivery.receives > MOST_RECEIVES => {
                let detail = format!("received {} times without an end", delivery.receives);
                dead(Reason::Poison, detail, Remains::Envelope(Box::new(envelope)))
            }
            Ok(envelope) if max_age.is_some_and(|most| now.since(envelope.waiting_since()) >= most) => {
                let detail = "the task is older than max_age".to_owned();
                dead(Reason::TooOld, detail, Remains::Envelope(Box::new(envelope)))
            }
            Ok(envelope) if let Some(until) = envelope.waits_until(now) => {
                let name = &self.plan.queues[queue].name;
                return self.end(Ending::postponed(name, delivery.receipt, &envelope, until));
            }
            Ok(envelope) => {
                let (receipt, receives) = (delivery.receipt, delivery.receives);
                let request = request(&envelope);
                return self.take_on(Ready {
                    queue,
                    source,
                    receipt,
                    envelope,
                    request,
                    redirects: 0,
                    receives,
                });
            }
        };
        self.end(Ending::dead(&self.plan.queues[queue].name, delivery.receipt, letter));
    }
}

/// The call to make for a task: a call that changes something says which task it is, so that the API can
/// tell a repeat.
fn request(envelope: &Envelope) -> Request {
    let mut request = envelope.request.clone();
    if !request.method.only_reads() {
        request.headers.push(("idempotency-key".to_owned(), envelope.id.as_str().to_owned()));
    }
    request
}
