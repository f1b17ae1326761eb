//! Going alone: while the ledger doesn't answer, a drainer that has a share of its own goes on with that.

use std::time::Duration;

use jobq_core::event::drainers::{DrainerRejoined, DrainerWentAlone};
use jobq_core::event::operations::OperationRecovered;
use jobq_core::fault::Fault;
use jobq_core::policy::calendar::alone::Fallback;
use jobq_core::ports::ledger::{Ledger, Versioned};
use jobq_core::time::Timestamp;

use crate::booked::LEAD;
use crate::engine::Engine;
use crate::step::Step;
use crate::world::World;

/// How soon to look again whether there is a slot of one's own.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The longest pause between two tries of the ledger: meanwhile the others leave a part of the limit unused, or this
/// drainer does.
pub(crate) const MOST_PAUSE: Duration = Duration::from_secs(1);

/// How a drainer goes on without the ledger.
#[derive(Debug, Default)]
pub(crate) struct Solitude {
    /// What it remembers for that.
    pub(crate) fallback: Fallback,
    /// Whether the slots in hand are its own.
    alone: bool,
    /// No look for slots before then.
    not_before: Timestamp,
}

impl<W: World> Engine<'_, W> {
    /// Whether the ledger is only to be read until it answers: a write that seems to fail would say that this drainer
    /// is alive, and it couldn't go alone.
    pub(crate) fn is_lost(&self) -> bool {
        self.plan.alone.is_some() && self.bookings.faults > 0
    }

    /// Gives this drainer slots of its own share if those in hand end soon.
    pub(crate) fn go_on_alone(&mut self, now: Timestamp) {
        let ends_soon = self.pacer.end().is_none_or(|end| end <= now.plus(LEAD));
        if !self.is_lost() || !ends_soon || now < self.solitude.not_before {
            return;
        }
        let (Some(alone), slots) = (self.plan.alone, self.slots_wanted(now)) else { return };
        let state = &self.bookings.known.state;
        let Some(lease) = self.solitude.fallback.lease(alone, &self.plan.limit, state, now, slots) else {
            self.solitude.not_before = now.plus(LOOK_AGAIN);
            return;
        };
        if !std::mem::replace(&mut self.solitude.alone, true) {
            let limit = self.plan.limit.name.clone();
            self.note(DrainerWentAlone { limit, of: alone.of.get() });
        }
        self.interval = lease.interval;
        self.pacer.add(lease);
    }

    /// When it is worth looking for slots of its own again.
    pub(crate) fn alone_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.pacer.end().map_or(now, |end| end.minus(LEAD));
        (self.is_lost() && self.slots_wanted(now) > 0).then(|| ends.max(self.solitude.not_before))
    }

    /// Asks the ledger whether it answers.
    pub(crate) fn try_ledger(&mut self) {
        self.bookings.asking = true;
        let (world, limit) = (self.world, &self.plan.limit.name);
        self.operate(async move { Step::Reached(world.ledger().load(limit).await) });
    }

    /// Takes in whether the ledger answers.
    pub(crate) fn on_reached(
        &mut self,
        result: Result<Versioned, Fault>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.bookings.asking = false;
        match result {
            Ok(known) => self.ledger_answered(known),
            Err(fault) => return self.ledger_failed(fault, now),
        }
        Ok(())
    }

    /// The ledger's document is `known`: slots of this drainer's own are dropped before any is booked.
    pub(crate) fn ledger_answered(&mut self, known: Versioned) {
        self.bookings.known = known;
        self.solitude.fallback.answered(&self.bookings.known.state, &self.plan.drainer);
        if std::mem::take(&mut self.solitude.alone) {
            self.pacer.clear();
            // They were never the calendar's.
            self.pacer.take_missed();
            self.note(DrainerRejoined { limit: self.plan.limit.name.clone() });
        }
        if std::mem::take(&mut self.bookings.faults) > 0 {
            self.note(OperationRecovered);
        }
    }
}
