//! Routes records to the place of their queue.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;

use futures::future::try_join_all;
use jobq_adapters::aws::results::S3Results;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::result_file::ResultFile;
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::result_sink::ResultSink;
use jobq_core::record::Record;

/// The places results go to. Records of a queue without a place are dropped.
pub(crate) enum Results {
    /// Files on this machine.
    Files(Files),
    /// Objects in S3.
    Objects(S3Results<SystemClock>),
}

/// Files by queue.
#[derive(Default)]
pub(crate) struct Files {
    files: BTreeMap<QueueName, ResultFile>,
}

impl Files {
    /// Sends the records of a queue to a folder or file.
    pub(crate) fn add(&mut self, queue: QueueName, place: &Path) -> Result<(), Fault> {
        self.files.insert(queue, ResultFile::open(place)?);
        Ok(())
    }

    fn append(&self, records: &[Record]) -> impl Future<Output = Result<(), Fault>> + Send {
        // Appends under way at once are written together, so runs of one queue cost no more than one append.
        let runs = records.chunk_by(|a, b| a.queue == b.queue);
        let appends = runs.filter_map(|run| Some(self.files.get(&run.first()?.queue)?.append(run)));
        let appends = try_join_all(appends);
        async move { appends.await.map(|_| ()) }
    }
}

impl Results {
    /// One file or folder for one queue.
    pub(crate) fn file(queue: QueueName, place: &Path) -> Result<Self, Fault> {
        let mut files = Files::default();
        files.add(queue, place)?;
        Ok(Self::Files(files))
    }
}

impl ResultSink for Results {
    async fn append(&self, records: &[Record]) -> Result<(), Fault> {
        match self {
            Self::Files(files) => files.append(records).await,
            Self::Objects(objects) => objects.append(records).await,
        }
    }
}
