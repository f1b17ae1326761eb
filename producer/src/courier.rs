//! The courier: brings loads to an outbox, through faults that pass.

use std::time::Duration;

use jobq_core::batch::{Mark, NewBatch, Opened};
use jobq_core::fault::{Advice, Fault};
use jobq_core::likeness::{Once, Single};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::singles::Singles;
use jobq_core::time::Timestamp;

use crate::load::Load;
use crate::pack::Packed;

/// How often one operation is tried. A push is watched by somebody, and rerunning it costs nothing: minutes
/// of silence would be worse than the fault.
const TRIES: u32 = 5;

/// Brings loads to an outbox.
pub(crate) struct Courier<'a, O, C> {
    pub(crate) outbox: &'a O,
    pub(crate) clock: &'a C,
    pub(crate) batch: &'a NewBatch,
    /// The longest delay the outbox takes, if it doesn't take any.
    pub(crate) longest_delay: Option<Duration>,
    /// For how long what is like a task is left out of the queue once it was sent, if it is.
    pub(crate) once_for: Option<Duration>,
}

impl<O: Outbox + Singles, C: Clock> Courier<'_, O, C> {
    /// Makes or finds the batch.
    pub(crate) async fn open(&self) -> Result<Opened, Fault> {
        let mut tries = 0;
        loop {
            match self.outbox.open(self.batch).await {
                Ok(opened) => return Ok(opened),
                Err(fault) => self.pause(fault, &mut tries).await?,
            }
        }
    }

    /// Sends a load, exactly once if the outbox writes parcels and mark in one go, and says what became of each of its
    /// parcels.
    ///
    /// A fault doesn't say whether the load arrived, but the stored mark does: so it is asked before the
    /// load is sent again.
    pub(crate) async fn send(&self, load: Load) -> Result<Vec<Once>, Fault> {
        let Load { parcels, mark, .. } = load;
        let mut tries = 0;
        loop {
            // Each time anew: reading the source and trying again take time.
            match self.send_at(self.clock.now(), &parcels, &mark).await {
                Ok(ends) => return Ok(ends),
                Err(fault) => self.pause(fault, &mut tries).await?,
            }
            if self.arrived(&mark).await? {
                // Nobody knows any more what was left out.
                return Ok(vec![Once::Sent; parcels.len()]);
            }
        }
    }

    async fn send_at(&self, now: Timestamp, parcels: &[Packed], mark: &Mark) -> Result<Vec<Once>, Fault> {
        let (queue, batch) = (&self.batch.queue, &self.batch.id);
        let hidden = |packed: &Packed| packed.start.delay(now, self.longest_delay);
        let Some(lasting) = self.once_for else {
            let all = parcels.iter().map(|packed| (packed.parcel.clone(), hidden(packed))).collect();
            self.outbox.send(queue, batch, all, mark.clone()).await?;
            return Ok(vec![Once::Sent; parcels.len()]);
        };
        let single = |packed: &Packed| {
            let (parcel, delay, line) = (packed.parcel.clone(), hidden(packed), packed.line);
            packed.likeness.map(|likeness| Single { parcel, delay, line, likeness, until: now.plus(lasting) })
        };
        let singles = parcels.iter().filter_map(single).collect();
        self.outbox.send_once(queue, batch, singles, mark.clone()).await
    }

    async fn arrived(&self, mark: &Mark) -> Result<bool, Fault> {
        match self.open().await? {
            Opened::Resumed(stored) => Ok(stored.lines >= mark.lines && stored.complete >= mark.complete),
            Opened::New | Opened::Foreign => Ok(false),
        }
    }

    /// Waits as the fault advises, longer each time; gives it back where waiting can't help.
    async fn pause(&self, fault: Fault, tries: &mut u32) -> Result<(), Fault> {
        *tries += 1;
        match fault.advice() {
            Advice::After(delay) if *tries < TRIES => {
                self.clock.sleep(growing(delay, *tries)).await;
                Ok(())
            }
            Advice::After(_) | Advice::Never => Err(fault),
        }
    }
}

fn growing(delay: Duration, tries: u32) -> Duration {
    delay.saturating_mul(1 << (tries - 1))
}
