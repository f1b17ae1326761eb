//! The survey: one pass over a source that sends nothing. It refuses exactly the lines that a push refuses, and knows the
//! duplicates within the source; what was sent before it doesn't.

use std::collections::BTreeSet;

use jobq_core::task::Task;

use crate::counts::{Counts, Notice};
use crate::dedupe::Met;
use crate::draft::Draft;
use crate::large::Large;
use crate::pack::Packer;
use crate::push::Order;
use crate::reader::Entry;
use crate::source::{Source, SourceError};
use jobq_core::written::address::{Endpoint, endpoint};
use jobq_core::written::problem::Problem;

/// How many tasks are kept to be shown.
const FIRST: usize = 5;

/// After how many lines progress is told.
const STEP: u64 = 10_000;

/// What a source holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// What was read, found good and refused.
    pub counts: Counts,
    /// The first few tasks, as they would be sent.
    pub first: Vec<Task>,
    /// Where the calls would go.
    pub endpoints: BTreeSet<Endpoint>,
    /// What the tasks take in a queue.
    pub envelope_bytes: u64,
}

/// Reads a source from its start to its end, as `order` would push it.
pub fn survey(
    order: &Order,
    source: &mut Source,
    notify: &mut (dyn FnMut(Notice) + Send),
) -> Result<Survey, SourceError> {
    let bytes_total = source.bytes();
    let mut large = Large::judge(order.bulk_above, source)?;
    let mut tasks = source.tasks()?;
    let packer = order.packer();
    let (mut survey, mut met) = (Survey::default(), Met::default());
    let mut told = 0;
    while let Some(Entry { line, draft }) = tasks.next()? {
        let seen = draft.and_then(|draft| survey.see(&packer, (&mut met, &mut large), draft, line));
        if let Err(problem) = seen {
            survey.counts.refused += 1;
            notify(Notice::Refused(problem.at(line)));
        }
        if tasks.lines() >= told + STEP {
            told = tasks.lines();
            let counts = Counts { lines: told, bytes: tasks.bytes(), ..survey.counts };
            notify(Notice::Progress { counts, bytes_total });
        }
    }
    survey.counts.lines = tasks.lines();
    survey.counts.bytes = tasks.bytes();
    Ok(survey)
}

impl Survey {
    fn see(
        &mut self,
        packer: &Packer,
        (met, large): (&mut Met, &mut Large),
        mut draft: Draft,
        line: u64,
    ) -> Result<(), Problem> {
        let to_bulk = u64::from(large.settle(&mut draft));
        let shown = (self.first.len() < FIRST).then(|| packer.task(draft.clone(), line));
        let place = endpoint(&draft.request.url);
        let letters = u64::from(draft.history.is_some());
        let packed = packer.pack(draft, line)?;
        if packed.likeness.is_some_and(|likeness| !met.is_new(likeness)) {
            self.counts.duplicates += 1;
            return Ok(());
        }
        self.counts.tasks += 1;
        self.counts.letters += letters;
        self.counts.to_bulk += to_bulk;
        self.envelope_bytes += packed.parcel.body.len() as u64;
        self.first.extend(shown);
        self.endpoints.extend(place);
        Ok(())
    }
}
