//! Routes records to the place of their queue.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use futures::future::try_join_all;
use jobq_adapters::result_file::ResultFile;
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;

/// The places results go to, by queue. Records of a queue without a place are dropped.
#[derive(Clone, Default)]
pub(crate) struct Results {
    files: BTreeMap<QueueName, ResultFile>,
}

impl Results {
    /// Sends the records of a queue to a folder or file.
    pub(crate) fn add(&mut self, queue: QueueName, place: &Path) -> Result<(), Fault> {
        self.files.insert(queue, ResultFile::open(place)?);
        Ok(())
    }
}

impl ResultSink for Results {
    fn append(&self, records: &[Record]) -> impl Future<Output = Result<(), Fault>> + Send {
        // Appends under way at once are written together, so runs of one queue cost no more than one append.
        let runs = records.chunk_by(|a, b| a.queue == b.queue);
        let appends = runs.filter_map(|run| Some(self.files.get(&run.first()?.queue)?.append(run)));
        let appends = try_join_all(appends);
        async move { appends.await.map(|_| ()) }
    }
}
