//! Large pushes: which of their tasks go to bulk by themselves, so that smaller pushes needn't wait behind them.

use std::num::NonZeroU32;

use jobq_core::task::Priority;

use crate::draft::Draft;
use crate::source::{Source, SourceError};

/// Sees to the priority of tasks that neither their line nor their push gives one.
#[derive(Debug)]
pub(crate) struct Large {
    /// Tasks after the first so many are bulk; none are, where this is `None`.
    after: Option<u64>,
    /// How many tasks there were.
    seen: u64,
}

impl Large {
    /// Looks whether a source holds more than `bulk_above` tasks, if there is such a bound: of a file all are bulk then.
    ///
    /// A file is counted from its start and as far as that takes, so a push that goes on where another stopped decides
    /// alike. A stream can't be counted before it is sent: there the first `bulk_above` tasks stay what they are, and
    /// those after them are bulk.
    pub(crate) fn judge(bulk_above: Option<NonZeroU32>, source: &mut Source) -> Result<Self, SourceError> {
        let after = match bulk_above.map(|most| u64::from(most.get())) {
            Some(most) if source.is_file() => holds_more(source, most)?.then_some(0),
            most => most,
        };
        Ok(Self { after, seen: 0 })
    }

    /// The same, after so many tasks.
    pub(crate) fn going_on(self, seen: u64) -> Self {
        Self { seen, ..self }
    }

    /// Makes the next task a bulk one if it is to be; answers whether it was made so.
    pub(crate) fn settle(&mut self, draft: &mut Draft) -> bool {
        let is_bulk = draft.priority.is_none() && self.after.is_some_and(|after| self.seen >= after);
        self.seen += 1;
        if is_bulk {
            draft.priority = Some(Priority::Bulk);
        }
        is_bulk
    }
}

fn holds_more(source: &mut Source, most: u64) -> Result<bool, SourceError> {
    let mut tasks = source.tasks()?;
    let mut good = 0;
    while good <= most {
        match tasks.next()? {
            Some(entry) => good += u64::from(entry.draft.is_ok()),
            None => return Ok(false),
        }
    }
    Ok(true)
}
