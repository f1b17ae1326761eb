//! Suspects: tasks received often without an end. One of them may kill whoever calls it, and what a drainer holds dies
//! with it: those are received once more for nothing, and become suspects too.
//!
//! So a suspect is called alone: after all that is under way has ended and is settled, with nothing more received, in
//! an order of chance. Of those held together half are through, on average, before the one that kills is called; each
//! death halves them again, and only that one is left when its backend gives it up.

use jobq_core::policy::company::Outlook;
use jobq_core::stack::MAX_RECEIVES;
use jobq_core::time::Timestamp;

use crate::engine::Engine;
use crate::world::World;

/// Received more often than this without an end, a task is a suspect. A quarter of what SQS allows, because what
/// remains must be enough to part the one that kills from its company.
pub(crate) const SUSPECT: u32 = MAX_RECEIVES / 4;

impl<W: World> Engine<'_, W> {
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

    /// Whether a suspect would be alone.
    pub(crate) fn may_start_suspect(&self) -> bool {
        self.hand.has_suspects() && self.calls.is_empty() && self.endings.len() == 0
    }

    /// What company endings wait for before a suspect's turn: hardly any.
    pub(crate) fn outlook_before_suspects(&self) -> Outlook {
        if self.calls.is_empty() { Outlook::Last } else { Outlook::Ending }
    }
}
