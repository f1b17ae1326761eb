//! Loads: parcels that are sent in one go, with the mark that holds once they are.

use std::io::BufRead;

use jobq_core::batch::Mark;
use jobq_core::policy::chunk::{Chunks, Limits};
use jobq_core::settlement::Parcel;
use jobq_core::written::problem::{Problem, Refused};

use crate::counts::Notice;
use crate::pack::{Packer, too_large};
use crate::reader::{Entry, ReadError, TaskReader};
use crate::start::Start;

/// Parcels to send in one go.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) parcels: Vec<(Parcel, Start)>,
    pub(crate) mark: Mark,
    /// How many tasks of this run were dead letters before, those of earlier loads among them.
    pub(crate) letters: u64,
    /// Bytes of the source read when it was full.
    pub(crate) bytes: u64,
}

/// Makes loads of what a source holds.
pub(crate) struct Loader<R> {
    tasks: TaskReader<R>,
    packer: Packer,
    chunks: Chunks<(Parcel, Start)>,
    mark: Mark,
    letters: u64,
}

impl<R: BufRead> Loader<R> {
    /// Goes on where `mark` says.
    pub(crate) fn new(
        mut tasks: TaskReader<R>,
        packer: Packer,
        limits: Limits,
        mark: Mark,
    ) -> Result<Self, ReadError> {
        if !mark.complete {
            tasks.skip_to(mark.lines)?;
        }
        Ok(Self { tasks, packer, chunks: Chunks::new(limits), mark, letters: 0 })
    }

    /// How far the source was read.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The next load; none after the one whose mark is complete. Refused lines are told as they are met.
    pub(crate) fn next(
        &mut self,
        notify: &mut (dyn FnMut(Notice) + Send),
    ) -> Result<Option<Load>, ReadError> {
        if self.mark.complete {
            return Ok(None);
        }
        while let Some(entry) = self.tasks.next()? {
            // The mark before this line: the load that this task closes doesn't hold it.
            let before = self.mark.clone();
            let added = self.add(entry);
            self.mark.lines = self.tasks.lines();
            match added {
                Ok(None) => {}
                Ok(Some(parcels)) => return Ok(Some(self.load(parcels, before))),
                Err(refused) => {
                    self.mark.refused += 1;
                    notify(Notice::Refused(refused));
                }
            }
        }
        self.mark.lines = self.tasks.lines();
        self.mark.complete = true;
        let parcels = self.chunks.close();
        Ok(Some(self.load(parcels, self.mark.clone())))
    }

    /// Packs a task. If it didn't fit any more, the answer is the chunk before it.
    fn add(&mut self, entry: Entry) -> Result<Option<Vec<(Parcel, Start)>>, Refused> {
        let Entry { line, draft } = entry;
        let refuse = |problem: Problem| problem.at(line);
        let draft = draft.map_err(refuse)?;
        let letters = u64::from(draft.history.is_some());
        let parcel = self.packer.pack(draft, line).map_err(refuse)?;
        let bytes = parcel.0.body.len();
        self.letters += letters;
        self.chunks.add(parcel, bytes).map_err(|error| refuse(too_large(error.bytes, error.limit)))
    }

    fn load(&self, parcels: Vec<(Parcel, Start)>, mark: Mark) -> Load {
        let bytes = self.tasks.bytes();
        Load { parcels, mark, letters: self.letters, bytes }
    }
}
