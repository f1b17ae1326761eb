//! What all of `jobq dlq` works with.

use std::future::Future;

use jobq_core::human;
use jobq_core::letter::Letter;
use jobq_core::name::QueueName;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::morgue::Found;
use jobq_producer::letters::look::look;

use crate::args::Global;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::readings;
use crate::signals::{Stop, stop_on_signals};
use crate::store::Store;

/// The store, and how to be told to stop: letters that a look holds are to be given back before the program ends.
pub(super) struct Desk {
    pub(super) project: Project,
    pub(super) store: Store,
    pub(super) printer: Printer,
    pub(super) stop: Stop,
}

impl Desk {
    /// Opens the store. The second value listens for signals while it is polled.
    pub(super) async fn open(
        global: &Global,
        printer: Printer,
    ) -> Result<(Self, impl Future<Output = ()>), Failure> {
        let project = Project::open(global, printer)?;
        let store = project.existing_store().await?;
        let (stop, listening) = stop_on_signals(printer, "stopping: what is held is given back first")?;
        Ok((Self { project, store, printer, stop }, listening))
    }

    /// The queue of this name, which must be one; every queue without a name.
    pub(super) async fn queues(&self, named: Option<QueueName>) -> Result<Vec<QueueName>, Failure> {
        match named {
            None => readings::queue_names(&self.project, &self.store).await,
            Some(name) => Ok(vec![readings::find_queue(&self.project, &self.store, name).await?]),
        }
    }

    /// Shows every letter of a queue to `see`. Answers with how many there were, and warns of those that the backend
    /// counts and didn't show.
    pub(super) async fn look(
        &self,
        queue: &QueueName,
        see: &mut dyn FnMut(&Found, &Letter),
    ) -> Result<u64, Failure> {
        let counted = self.store.measure(queue).await?.dead;
        let seen = look(&self.store, queue, see, &|| !self.stop.is_asked()).await?;
        if self.stop.is_asked() {
            return Err(Failure::failed("stopped before all letters were seen"));
        }
        self.warn_of_hidden(queue, counted, seen);
        Ok(seen)
    }

    /// Warns of letters that the backend has counted and not shown.
    pub(super) fn warn_of_hidden(&self, queue: &QueueName, counted: u64, seen: u64) {
        if counted > seen {
            self.printer.warn(format_args!(
                "queue '{queue}' has shown {seen} of {}: somebody else may be looking \
                 at the others; look again in a minute",
                human::counted(counted, "dead letter")
            ));
        }
    }
}
