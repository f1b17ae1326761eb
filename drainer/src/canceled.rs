//! Tasks of canceled batches: they are not called, and end as skipped.

use crate::engine::Engine;
use crate::settled::Ending;
use crate::world::World;

impl<W: World> Engine<'_, W> {
    /// Ends what is in hand of batches that were canceled.
    pub(crate) fn skip_canceled(&mut self) {
        let canceled = &self.bookings.known.state.canceled;
        if canceled.is_empty() || self.hand.len() == 0 {
            return;
        }
        let taken = self.hand.take_those(|ready| {
            // A redirect's next call is one that has started.
            ready.redirects == 0 && canceled.iter().any(|own| own.batch == ready.envelope.batch.as_str())
        });
        for ready in taken {
            let queue = &self.plan.queues[ready.queue].name;
            self.end(Ending::skipped(queue, ready.receipt, &ready.envelope));
        }
    }
}
