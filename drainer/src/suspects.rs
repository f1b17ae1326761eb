//! Suspects: tasks received often without an end. One of them may kill whoever calls it, and what a drainer holds dies
//! with it: those are received once more for nothing, and become suspects too.
//!
//! So a suspect is called alone: after all that is under way has ended and is settled, with nothing more received, in
//! an order of chance. Of those held together half are through, on average, before the one that kills is called, and
//! after a few deaths none but that one is left when its backend gives it up. (Of several that kill, each parts the
//! rest less: with five of them, about one in twelve of their company still dies.)
//!
//! SQS counts what is handed back as received all the same; a task about to become a suspect by that goes back as a copy
//! of itself, which is counted anew.

use jobq_core::stack::MAX_RECEIVES;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::hand::Ready;
use crate::world::World;

/// Received more often than this without an end, a task is a suspect. A quarter of what SQS allows, because what
/// remains must be enough to part the one that kills from its company.
const SUSPECT: u32 = MAX_RECEIVES / 4;

/// Whether a task may kill whoever calls it.
pub(crate) fn is_suspect(ready: &Ready) -> bool {
    ready.receives > SUSPECT
}

/// Whether one more receive makes a suspect of a task.
pub(crate) fn is_almost_suspect(ready: &Ready) -> bool {
    ready.receives == SUSPECT
}

impl<W: World> Engine<'_, W> {
    /// Takes a task on that waits for a slot. Before the first suspect, slots in hand go back: they are called one by one.
    pub(crate) fn take_on(&mut self, ready: Ready) {
        if is_suspect(&ready) && !self.has_suspects() {
            self.pacer.clear();
        }
        self.hand.push(ready);
    }

    /// Whether suspects are in hand or under way.
    pub(crate) fn has_suspects(&self) -> bool {
        self.suspect_called || self.hand.has_suspects()
    }

    /// Starts the call of one suspect, if it would be alone and a slot is due.
    pub(crate) fn start_suspect(&mut self, now: Timestamp) {
        if self.may_start_suspect()
            && self.pacer.take(now)
            && let Some(ready) = self.hand.pop_suspect(self.world.jitter())
        {
            self.suspect_called = true;
            self.start_call(ready, now);
        }
    }

    /// Whether a suspect could be called, and would be alone.
    pub(crate) fn may_start_suspect(&self) -> bool {
        self.hand.has_suspects() && self.permits > 0 && self.calls.is_empty() && self.endings.len() == 0
    }
}
