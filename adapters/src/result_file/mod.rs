//! Results in files: JSON Lines, one record a line, in a folder or in a named file.
//!
//! A line is made of each record where `append` is called. A `writer` thread puts all the lines that wait
//! for it into one write and one flush to disk, for whoever appends at the same time. Which file they go to is
//! found by `series`: a full file is followed by the next number. `tail` keeps the promise that every record
//! is whole or not there, over crashes, full disks and other processes that append to the same file. `read` reads them back.

use std::path::Path;
use std::sync::Arc;

use jobq_core::fault::Fault;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;

use crate::result_line;

use self::series::Series;
use self::writer::Writer;

mod failure;
pub mod read;
mod series;
mod tail;
mod writer;

/// How large a file may grow by default: 256 MiB.
pub const DEFAULT_MAX_FILE: u64 = 256 << 20;

/// Results in files. Clones are handles on the same writer.
#[derive(Clone)]
pub struct ResultFile {
    writer: Arc<Writer>,
}

impl ResultFile {
    /// Results in `place`: `NAME.jsonl` is a file, anything else a folder of `results-00001.jsonl` and so on.
    /// What is missing of it is made. What is there already stays.
    pub fn open(place: &Path) -> Result<Self, Fault> {
        Self::open_sized(place, DEFAULT_MAX_FILE)
    }

    /// The same with files of at most `max_file` bytes; only a single append larger than that exceeds it.
    pub fn open_sized(place: &Path, max_file: u64) -> Result<Self, Fault> {
        let series = Series::at(place);
        let writer = Writer::start(series, max_file).map_err(|failure| failure.fault(place))?;
        Ok(Self { writer: Arc::new(writer) })
    }
}

impl ResultSink for ResultFile {
    async fn append(&self, records: &[Record]) -> Result<(), Fault> {
        let mut lines = Vec::with_capacity(records.iter().map(result_line::likely_length).sum());
        for record in records {
            result_line::write(record, &mut lines);
        }
        self.writer.append(lines).await
    }
}

#[cfg(test)]
mod tests;
