//! Loads: parcels that are sent in one go, with the mark that holds once they are.

use std::io::BufRead;

use jobq_core::batch::Mark;
use jobq_core::policy::chunk::{Chunks, Limits};
use jobq_core::written::problem::{Problem, Refused};

use crate::counts::Notice;
use crate::dedupe::Met;
use crate::large::Large;
use crate::pack::{Packed, Packer, too_large};
use crate::reader::{Entry, ReadError, TaskReader};

/// Parcels to send in one go.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) parcels: Vec<Packed>,
    pub(crate) mark: Mark,
    /// How many tasks of this run were dead letters before, those of earlier loads among them.
    pub(crate) letters: u64,
    /// How many tasks of this run were left out as duplicates before, those of earlier loads among them.
    pub(crate) duplicates: u64,
    /// How many tasks of this run went to bulk because there are so many, those of earlier loads among them.
    pub(crate) to_bulk: u64,
    /// Bytes of the source read when it was full.
    pub(crate) bytes: u64,
}

/// Makes loads of what a source holds.
pub(crate) struct Loader<R> {
    tasks: TaskReader<R>,
    large: Large,
    packer: Packer,
    chunks: Chunks<Packed>,
    mark: Mark,
    letters: u64,
    /// The tasks of the source so far, where duplicates within it are left out here.
    met: Option<Met>,
    duplicates: u64,
    to_bulk: u64,
}

impl<R: BufRead> Loader<R> {
    /// Goes on where `mark` says. Where duplicates are `met` here, what is passed over is looked through again.
    pub(crate) fn new(
        tasks: TaskReader<R>,
        large: Large,
        packer: Packer,
        limits: Limits,
        mark: Mark,
        met: Option<Met>,
    ) -> Result<Self, ReadError> {
        // Blank lines count as tasks here: that matters to a stream alone, whose bound it is a little below.
        let large = large.going_on(mark.lines.saturating_sub(mark.refused));
        let (chunks, letters, duplicates, to_bulk) = (Chunks::new(limits), 0, 0, 0);
        let mut loader = Self { tasks, large, packer, chunks, mark, letters, met, duplicates, to_bulk };
        match (&mut loader.met, loader.mark.complete) {
            (_, true) => {}
            (None, false) => loader.tasks.skip_to(loader.mark.lines)?,
            (Some(_), false) => loader.recall()?,
        }
        Ok(loader)
    }

    /// Meets again what was sent before.
    fn recall(&mut self) -> Result<(), ReadError> {
        while self.tasks.lines() < self.mark.lines {
            let Some(Entry { line, draft }) = self.tasks.next()? else { break };
            if let Ok(packed) = draft.and_then(|draft| self.packer.pack(draft, line)) {
                self.is_new(&packed);
            }
        }
        Ok(())
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
    fn add(&mut self, entry: Entry) -> Result<Option<Vec<Packed>>, Refused> {
        let Entry { line, draft } = entry;
        let refuse = |problem: Problem| problem.at(line);
        let mut draft = draft.map_err(refuse)?;
        let to_bulk = u64::from(self.large.settle(&mut draft));
        let letters = u64::from(draft.history.is_some());
        let packed = self.packer.pack(draft, line).map_err(refuse)?;
        if !self.is_new(&packed) {
            self.duplicates += 1;
            return Ok(None);
        }
        let bytes = packed.parcel.body.len();
        self.letters += letters;
        self.to_bulk += to_bulk;
        self.chunks.add(packed, bytes).map_err(|error| refuse(too_large(error.bytes, error.limit)))
    }

    /// Whether nothing like it was met before; it is now.
    fn is_new(&mut self, packed: &Packed) -> bool {
        match (&mut self.met, packed.likeness) {
            (Some(met), Some(likeness)) => met.is_new(likeness),
            _ => true,
        }
    }

    fn load(&self, parcels: Vec<Packed>, mark: Mark) -> Load {
        let bytes = self.tasks.bytes();
        let (letters, duplicates, to_bulk) = (self.letters, self.duplicates, self.to_bulk);
        Load { parcels, mark, letters, duplicates, to_bulk, bytes }
    }
}
