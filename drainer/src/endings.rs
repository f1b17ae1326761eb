//! Endings that wait for company: those with a record apart from those without, for they cost differently.

use jobq_core::policy::company::{Company, Gathered, Outlook};
use jobq_core::time::Timestamp;

use crate::manner::{ALONG, Settling};
use crate::settled::Ending;

/// Endings that are not settled yet.
#[derive(Default)]
pub(crate) struct Endings {
    recorded: Pool,
    plain: Pool,
    /// How many are being settled, in how many batches, with how many bytes.
    settling: Size,
    batches: usize,
}

/// Endings that wait together.
#[derive(Default)]
struct Pool {
    endings: Vec<Ending>,
    gathered: Gathered,
}

#[derive(Debug, Clone, Copy, Default)]
struct Size {
    count: usize,
    bytes: usize,
}

impl Pool {
    fn push(&mut self, ending: Ending, now: Timestamp, latest: Timestamp) {
        if self.endings.is_empty() {
            self.gathered = Gathered { since: now, latest, ..Gathered::default() };
        }
        self.gathered.count += 1;
        self.gathered.bytes += ending.size();
        self.gathered.latest = self.gathered.latest.min(latest);
        self.endings.push(ending);
    }

    fn take(&mut self) -> Vec<Ending> {
        self.gathered = Gathered::default();
        std::mem::take(&mut self.endings)
    }

    fn is_due(&self, company: &Company, outlook: Outlook, by: Timestamp) -> bool {
        company.due_at(&self.gathered, outlook).is_some_and(|at| at <= by)
    }
}

impl Endings {
    /// Adds one that must be on its way at `latest`.
    pub(crate) fn push(&mut self, ending: Ending, now: Timestamp, latest: Timestamp) {
        let pool = if ending.is_recorded() { &mut self.recorded } else { &mut self.plain };
        pool.push(ending, now, latest);
    }

    /// How many there are, waiting or being settled.
    pub(crate) fn len(&self) -> usize {
        self.waiting() + self.settling.count
    }

    fn waiting(&self) -> usize {
        self.recorded.gathered.count + self.plain.gathered.count
    }

    /// How many are held up: being settled, or waiting for nothing but that.
    pub(crate) fn held_up(&self, settling: &Settling) -> usize {
        let waiting = if self.batches < settling.batches { 0 } else { self.waiting() };
        self.settling.count + waiting
    }

    /// How many bytes there are in all.
    pub(crate) fn bytes(&self) -> usize {
        self.recorded.gathered.bytes + self.plain.gathered.bytes + self.settling.bytes
    }

    /// The next batch to settle, if one is due and may be begun. What is almost due goes along.
    pub(crate) fn take_due(
        &mut self,
        settling: &Settling,
        outlook: Outlook,
        now: Timestamp,
    ) -> Option<Vec<Ending>> {
        let due = |by: Timestamp| {
            let recorded = self.recorded.is_due(&settling.recorded, outlook, by);
            (recorded, self.plain.is_due(&settling.plain, outlook, by))
        };
        if self.batches >= settling.batches || due(now) == (false, false) {
            return None;
        }
        let (recorded, plain) = due(now.plus(ALONG));
        let mut batch = if recorded { self.recorded.take() } else { Vec::new() };
        if plain {
            batch.append(&mut self.plain.take());
        }
        self.batches += 1;
        self.settling.count += batch.len();
        self.settling.bytes += batch.iter().map(Ending::size).sum::<usize>();
        Some(batch)
    }

    /// A batch of so many, with so many bytes, has been settled.
    pub(crate) fn settled(&mut self, count: usize, bytes: usize) {
        self.batches -= 1;
        self.settling.count -= count;
        self.settling.bytes -= bytes;
    }

    /// When the next batch is due, if one may be begun.
    pub(crate) fn due_at(&self, settling: &Settling, outlook: Outlook) -> Option<Timestamp> {
        if self.batches >= settling.batches {
            return None;
        }
        let recorded = settling.recorded.due_at(&self.recorded.gathered, outlook);
        recorded.into_iter().chain(settling.plain.due_at(&self.plain.gathered, outlook)).min()
    }
}
