//! Booking: slots for the tasks in hand, cool-downs for everybody, by compare-and-swap.

use std::time::Duration;

use jobq_core::event::limits::{LeaseBooked, LeaseDeferred, LimitCooled};
use jobq_core::event::operations::OperationFailed;
use jobq_core::fault::Fault;
use jobq_core::lease::Lease;
use jobq_core::policy::calendar::book::{self, Answer, Booking, HORIZON, Want, Why};
use jobq_core::policy::calendar::cool::{Refusal, cool};
use jobq_core::policy::calendar::courtesy::courtesy;
use jobq_core::policy::calendar::holders::alive;
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::carry::{self, Carry};
use jobq_core::policy::room::slots_wanted;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap, Versioned};
use jobq_core::rate::Pace;
use jobq_core::time::Timestamp;

use crate::alone;
use crate::engine::Engine;
use crate::persist::pause;
use crate::plan::Plan;
use crate::step::{Booked, Step};
use crate::world::World;

/// How long before the slots in hand end the next ones are booked.
pub(crate) const LEAD: Duration = Duration::from_millis(250);

/// How often a drainer without a booking looks whether its entry must be renewed.
const RENEW_EVERY: Duration = Duration::from_secs(1);

/// A document is read again this often while there is no slot: it may have been changed by hand.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// Tasks are handed back when there will be no slot for this long: others may have a use for them.
const TOO_LONG: Duration = Duration::from_secs(10);

/// Slots asked for where the limit counts none.
const PLENTY: u32 = 1_000_000;

/// What is known of the limit's document.
#[derive(Debug, Default)]
pub(crate) struct Bookings {
    /// As last read or written.
    pub(crate) known: Versioned,
    /// Whether the ledger is being asked.
    pub(crate) asking: bool,
    /// When the slots end, or ended, that were booked last.
    slots_until: Option<Timestamp>,
    /// No booking before then.
    not_before: Timestamp,
    /// When this drainer must say again that it is alive.
    renew_at: Timestamp,
    /// How many times in a row the ledger failed.
    pub(crate) faults: u32,
    /// Whether there will be no slot for long.
    pub(crate) closed: bool,
    /// Refusals the ledger doesn't know yet.
    refusals: Vec<Refusal>,
    /// How many there were since the last booking: counted there, so that a count costs no write.
    refused: u32,
}

impl<W: World> Engine<'_, W> {
    /// Books slots for the tasks in hand if those in hand end soon; or says that this drainer is alive.
    pub(crate) fn book(&mut self, now: Timestamp) {
        if self.bookings.asking || now < self.bookings.not_before || !self.bookings.refusals.is_empty() {
            return;
        }
        if self.is_lost() {
            return self.try_ledger();
        }
        let ends_soon = self.pacer.end().is_none_or(|end| end <= now.plus(LEAD));
        let slots = if ends_soon { self.slots_wanted(now) } else { 0 };
        if slots == 0 && now < self.bookings.renew_at {
            return;
        }
        self.bookings.asking = true;
        let want = Want {
            drainer: self.plan.drainer.clone(),
            slots,
            carry: (slots > 0).then(|| self.carry(now)),
            in_flight: u32::try_from(self.calls.len()).unwrap_or(u32::MAX),
            unused: self.unused(),
            refused: std::mem::take(&mut self.bookings.refused),
            latency: self.latencies.nearly_all(),
            ends_at: self.plan.deadline,
            alone: self.plan.alone,
        };
        let (world, plan, known) = (self.world, self.plan, self.bookings.known.clone());
        // Whoever waits for a queue to be resumed has nothing to book, and would learn of it by no conflict.
        let is_waiting = known.state.paused_queues.iter().any(|pause| pause.holds(now));
        let looks = is_waiting || (self.has_company(now) && !plan.manner.spread.is_zero());
        let known = (!looks).then_some(known);
        self.operate(async move { Step::Booked(book_slots(world, plan, known, want).await) });
    }

    /// Takes in what a booking brought.
    pub(crate) fn on_booked(&mut self, result: Result<Booked, Fault>, now: Timestamp) -> Result<(), Fault> {
        self.bookings.asking = false;
        let booked = match result {
            Ok(booked) => booked,
            Err(fault) => {
                self.solitude.fallback.failed(now);
                return self.ledger_failed(fault, now);
            }
        };
        self.ledger_answered(booked.known);
        self.bookings.renew_at = now.plus(RENEW_EVERY);
        if let Some(permits) = booked.permits {
            self.permits = self.plan.permits.min(usize::try_from(permits).unwrap_or(usize::MAX));
        }
        match booked.answer {
            Answer::Lease(lease) => {
                // Its permits were fewer than its tasks: some come free before it is worth another booking.
                if lease.count < booked.asked {
                    self.bookings.not_before = now.plus(carry::pause(self.latencies.mean()));
                }
                self.bookings.slots_until = Some(lease.end());
                self.on_lease(lease);
            }
            Answer::Wait { until, why } => {
                let wait = until.since(now);
                let wait_on = wait.min(READ_AGAIN).saturating_add(self.behind_others(until, why, now));
                self.bookings.not_before = now.plus(wait_on);
                // A pause ends when somebody ends it: nothing is held for that.
                self.bookings.closed = wait > TOO_LONG || why == Why::Paused;
                self.note(LeaseDeferred { limit: self.plan.limit.name.clone(), why, wait });
            }
            Answer::Alive => {}
        }
        Ok(())
    }

    /// How much later than at `until` this drainer asks, for the sake of others that wait for the same: by chance where
    /// they would disturb each other's writes, else by turns.
    fn behind_others(&self, until: Timestamp, why: Why, now: Timestamp) -> Duration {
        let spread = self.plan.manner.spread;
        match why {
            Why::Permits => Duration::ZERO,
            _ if !self.has_company(now) => Duration::ZERO,
            Why::Pace if spread.is_zero() => courtesy(self.bookings.slots_until, until),
            _ => spread.mul_f64(self.world.jitter()),
        }
    }

    /// Lets the limit cool for everybody: the slots in hand are dropped, the ledger is told.
    pub(crate) fn cool(&mut self, now: Timestamp) {
        // Only a ledger that failed is given time: the others must not go on calling meanwhile.
        let resting = self.bookings.faults > 0 && now < self.bookings.not_before;
        if self.bookings.asking || resting || self.bookings.refusals.is_empty() {
            return;
        }
        self.bookings.asking = true;
        let refusals = self.bookings.refusals.clone();
        let (world, plan, known) = (self.world, self.plan, self.bookings.known.clone());
        self.operate(async move {
            let change = |state: &LimitState, now| (cool_by_all(plan, state, now, &refusals), ());
            let written = swap_until_written(world, plan, known, change).await;
            Step::Cooled(refusals.len(), written.map(|(known, ())| known))
        });
    }

    /// Remembers a refusal until the ledger is told. What was booked is void at once.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.pacer.clear();
        self.solitude.fallback.refused();
        self.summary.throttled += 1;
        self.bookings.refused = self.bookings.refused.saturating_add(1);
        self.bookings.refusals.push(refusal);
        self.note(LimitCooled { limit: self.plan.limit.name.clone(), status: refusal.status });
    }

    /// Takes in that the ledger knows of the refusals.
    pub(crate) fn on_cooled(
        &mut self,
        told: usize,
        result: Result<Versioned, Fault>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.bookings.asking = false;
        match result {
            Ok(known) => {
                self.ledger_answered(known);
                self.bookings.refusals.drain(..told);
                Ok(())
            }
            Err(fault) => self.ledger_failed(fault, now),
        }
    }

    /// The earliest instant at which the ledger may be asked for something that is wanted.
    pub(crate) fn book_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.bookings.asking {
            return None;
        }
        if self.is_lost() {
            return Some(self.bookings.not_before);
        }
        let renew_at = self.bookings.renew_at.max(self.bookings.not_before);
        if self.slots_wanted(now) == 0 {
            let waits = self.hand.len() > self.pacer.left();
            let free_at = self.permit_free_at(now).filter(|_| waits).map(|at| at.minus(HORIZON));
            let free_at = free_at.filter(|at| *at > now).map(|at| at.max(self.bookings.not_before));
            return Some(free_at.map_or(renew_at, |at| at.min(renew_at)));
        }
        let ends = self.pacer.end().map_or(now, |end| end.minus(LEAD));
        Some(ends.max(self.bookings.not_before).min(renew_at))
    }

    /// Says goodbye to the ledger: others may have this drainer's slots and permits.
    pub(crate) async fn leave(&mut self) {
        self.pacer.clear();
        let (plan, unused) = (self.plan, self.unused());
        let refusals = std::mem::take(&mut self.bookings.refusals);
        let change = |state: &LimitState, now| {
            let cooled = cool_by_all(plan, state, now, &refusals);
            let left = book::leave(&plan.limit, cooled.as_ref().unwrap_or(state), &plan.drainer, &unused);
            ((left != *state).then_some(left), ())
        };
        let known = std::mem::take(&mut self.bookings.known);
        // Nothing is lost if it fails: the holder's entry ends by itself.
        if let Err(fault) = swap_until_written(self.world, plan, known, change).await {
            self.note(OperationFailed { error: fault.chain(), retry_in: Duration::ZERO });
        }
    }

    fn on_lease(&mut self, lease: Lease) {
        self.bookings.closed = false;
        self.interval = lease.interval;
        self.note(LeaseBooked { limit: self.plan.limit.name.clone(), count: lease.count });
        self.pacer.add(lease);
        if !self.bookings.refusals.is_empty() {
            self.pacer.clear();
        }
    }

    pub(crate) fn ledger_failed(&mut self, fault: Fault, now: Timestamp) -> Result<(), Fault> {
        let Some(retry_in) = pause(&fault, self.bookings.faults) else {
            return Err(fault);
        };
        let retry_in = if self.plan.alone.is_some() { retry_in.min(alone::MOST_PAUSE) } else { retry_in };
        self.bookings.faults += 1;
        self.bookings.not_before = now.plus(retry_in);
        self.note(OperationFailed { error: fault.chain(), retry_in });
        Ok(())
    }

    /// Whether others are at work on the limit, as far as is known.
    fn has_company(&self, now: Timestamp) -> bool {
        let own = self.plan.drainer.as_str();
        alive(&self.bookings.known.state, now).any(|holder| holder.drainer != own)
    }

    /// While the limit is closed, one slot is asked for now and then to learn when it opens.
    pub(crate) fn slots_wanted(&self, now: Timestamp) -> u32 {
        if self.bookings.closed {
            return 1;
        }
        if self.has_suspects() {
            // They are called one by one.
            return u32::from(self.may_start_suspect() && self.pacer.left() == 0);
        }
        let load = self.load(now);
        if counts_nothing(self.plan) && load.in_hand > 0 {
            return PLENTY;
        }
        if self.permit_free_at(now).is_none_or(|at| at > now.plus(HORIZON)) {
            return 0;
        }
        u32::try_from(slots_wanted(&load, self.pacer.left())).unwrap_or(u32::MAX)
    }

    /// When a permit is free that no slot in hand will use: now, or when a call under way ends; none if that isn't known.
    fn permit_free_at(&self, now: Timestamp) -> Option<Timestamp> {
        let free = self.calls.len().saturating_add(self.pacer.left()) < self.permits;
        if free { Some(now) } else { self.under_way.soonest_end(now, self.latencies.mean()) }
    }

    /// This drainer's permits, and what they are taken up by.
    pub(crate) fn carry(&self, now: Timestamp) -> Carry {
        let held = self.pacer.slots().map(|at| at.since(now));
        Carry::new(self.permits, self.latencies.mean(), self.under_way.ages(now), held)
    }

    /// The slots to give back; none where the limit counts none.
    fn unused(&mut self) -> Vec<Lease> {
        let missed = self.pacer.take_missed();
        if counts_nothing(self.plan) { Vec::new() } else { missed }
    }
}

/// The document after all these refusals; `None` where they change nothing.
fn cool_by_all(plan: &Plan, state: &LimitState, now: Timestamp, refusals: &[Refusal]) -> Option<LimitState> {
    refusals.iter().fold(None, |next: Option<LimitState>, refusal| {
        cool(&plan.limit, next.as_ref().unwrap_or(state), now, *refusal).or(next)
    })
}

fn counts_nothing(plan: &Plan) -> bool {
    plan.limit.pace == Pace::Unlimited && plan.limit.quotas.is_empty()
}

/// Books by what is known, where that is worth a try; else by what there is.
async fn book_slots<W: World>(
    world: &W,
    plan: &Plan,
    known: Option<Versioned>,
    want: Want,
) -> Result<Booked, Fault> {
    let change = |state: &LimitState, now| {
        let Booking { state, answer, permits } = book::book(&plan.limit, state, now, &want);
        (state, (answer, permits))
    };
    // A "wait" of what is known may be out of date: somebody may have resumed the limit, or left.
    let promising = |known: &Versioned| match change(&known.state, world.clock().now()).1.0 {
        Answer::Wait { why, .. } => why == Why::Permits,
        Answer::Lease(_) | Answer::Alive => true,
    };
    let start = match known.filter(promising) {
        Some(known) => known,
        None => world.ledger().load(&plan.limit.name).await?,
    };
    let (known, (answer, permits)) = swap_until_written(world, plan, start, change).await?;
    Ok(Booked { known, answer, permits, asked: want.slots })
}

/// Applies `change` to the document until what it makes of it is written, starting from what is known.
async fn swap_until_written<W: World, T>(
    world: &W,
    plan: &Plan,
    mut known: Versioned,
    change: impl Fn(&LimitState, Timestamp) -> (Option<LimitState>, T),
) -> Result<(Versioned, T), Fault> {
    loop {
        let (next, answer) = change(&known.state, world.clock().now());
        let Some(next) = next else {
            return Ok((known, answer));
        };
        match world.ledger().swap(&plan.limit.name, known.version, &next).await? {
            Swap::Written(version) => return Ok((Versioned { version, state: next }, answer)),
            Swap::Conflict(current) => known = current,
        }
    }
}
