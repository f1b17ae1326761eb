//! The handle on a store's file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jobq_core::fault::{Fault, FaultKind};
use rusqlite::Connection;
use tokio::sync::watch;

use super::schema;
use super::worker::{Access, Worker};

/// Queues, dead letters and the ledger in one SQLite file. Cheap to clone.
///
/// Any number of handles, in any number of processes, may use one file. What it answers with `Ok` is on
/// disk. Dropping the last clone waits for what was begun.
#[derive(Clone)]
pub struct LocalStore<C> {
    shared: Arc<Shared>,
    pub(super) clock: C,
}

struct Shared {
    path: PathBuf,
    writer: Worker,
    reader: Worker,
    news: watch::Sender<()>,
}

impl<C> LocalStore<C> {
    /// Opens the file, or makes it; its folder must exist. Blocks for as long as that takes.
    pub fn open(path: &Path, clock: C) -> Result<Self, Fault> {
        let start = |access| {
            let db = schema::open(path)?;
            Worker::start(db, access).map_err(|error| {
                Fault::new(FaultKind::Passing, "start a thread for the store").caused_by(error)
            })
        };
        let shared = Shared {
            path: path.to_owned(),
            writer: start(Access::Write)?,
            reader: start(Access::Read)?,
            news: watch::Sender::new(()),
        };
        Ok(Self { shared: Arc::new(shared), clock })
    }

    /// Does `work` in a transaction and answers when it is durable.
    pub(super) async fn write<T, W>(&self, operation: String, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let result = self.shared.writer.run(work).await;
        result.map_err(|failure| failure.fault(self.named(operation)))
    }

    /// Does `work` on what everybody has committed so far.
    pub(super) async fn read<T, W>(&self, operation: String, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let result = self.shared.reader.run(work).await;
        result.map_err(|failure| failure.fault(self.named(operation)))
    }

    /// Wakes those of this process who wait for messages.
    pub(super) fn announce(&self) {
        self.shared.news.send_replace(());
    }

    /// Changes when this process has sent messages. Others' messages must be looked for.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.shared.news.subscribe()
    }

    fn named(&self, operation: String) -> String {
        format!("{operation} in {}", self.shared.path.display())
    }
}
