//! Tasks of canceled batches: they are not called, and end as skipped.

use jobq_core::envelope::Envelope;
use jobq_core::policy::calendar::state::LimitState;

use crate::engine::Engine;
use crate::settled::Ending;
use crate::world::World;

impl<W: World> Engine<'_, W> {
    /// Ends what is in hand of batches that were canceled.
    pub(crate) fn skip_canceled(&mut self) {
        let state = &self.bookings.known.state;
        if state.canceled.is_empty() || self.hand.len() == 0 {
            return;
        }
        // A redirect's next call is one that has started.
        let taken = self.hand.take_those(|ready| ready.redirects == 0 && is_canceled(state, &ready.envelope));
        for ready in taken {
            let queue = &self.plan.queues[ready.queue].name;
            self.end(Ending::skipped(queue, ready.receipt, &ready.envelope));
        }
    }
}

/// Whether a task is not to be called any more, because its batch was canceled. What somebody sent back from the dead
/// letters after that is: they meant it.
pub(crate) fn is_canceled(state: &LimitState, envelope: &Envelope) -> bool {
    let canceled = state.canceled.iter().find(|own| own.batch == envelope.batch.as_str());
    canceled.is_some_and(|own| envelope.deaths.is_empty() || envelope.waiting_since() <= own.at)
}
