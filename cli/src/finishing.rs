//! Telling the ends of batches while tasks are drained: the next task is pushed, hooks are told.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_adapters::hook::Hooks;
use jobq_core::completion::Followed;
use jobq_core::event::batches::BatchFinished;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::queue::Queue;
use jobq_producer::finished::{Finished, Teller};
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::{Project, ProjectFollowUps};
use crate::signals::Stop;
use crate::store::Store;

/// How often it is looked whether a batch has ended.
const EVERY: Duration = Duration::from_secs(1);

/// Tells the ends of batches, each once among all processes that do.
pub(crate) struct Finishing {
    store: Store,
    queues: BTreeMap<QueueName, Queue>,
    follow_ups: ProjectFollowUps,
    hooks: Hooks,
    /// The queues that tasks were pushed to, since somebody asked.
    pushed: Mutex<Vec<QueueName>>,
    printer: Printer,
}

impl Finishing {
    /// What tells the ends of batches in this store, as these queues say: those that were pushed to others are for who
    /// knows those.
    pub(crate) fn new<'q>(
        queues: impl IntoIterator<Item = &'q Queue>,
        project: &Project,
        store: &Store,
        printer: Printer,
    ) -> Result<Self, Failure> {
        let beside = project.beside();
        let beside = if beside == Path::new("") { Path::new(".") } else { beside };
        Ok(Self {
            store: store.clone(),
            queues: queues.into_iter().map(|queue| (queue.name.clone(), queue.clone())).collect(),
            follow_ups: project.follow_ups()?,
            hooks: Hooks::new(beside.to_owned())?,
            pushed: Mutex::default(),
            printer,
        })
    }

    /// Tells those that have ended, and answers with the queues that tasks were pushed to since it was asked last. What
    /// fails is warned of, and tried again later.
    pub(crate) async fn settle(&self) -> Vec<QueueName> {
        self.tell().await;
        std::mem::take(&mut *self.pushed.lock().await)
    }

    /// One at a time: who comes second learns what the first has pushed.
    async fn tell(&self) {
        let mut pushed = self.pushed.lock().await;
        let teller = Teller { store: &self.store, sequels: &self.follow_ups, hook: &self.hooks };
        match teller.tell(&self.queues).await {
            Ok(finished) => pushed.extend(finished.into_iter().filter_map(|finished| self.note(finished))),
            Err(fault) => self.printer.warn(fault.chain()),
        }
    }

    /// Tells them again and again until a stop is asked for; what is being told then is told to its end.
    pub(crate) async fn until(&self, stop: &Stop) {
        let clock = SystemClock::new();
        while !stop.is_asked() {
            self.tell().await;
            tokio::select! {
                () = stop.asked(1) => {}
                () = clock.sleep(EVERY) => {}
            }
        }
    }

    fn note(&self, finished: Finished) -> Option<QueueName> {
        let Finished { completion, followed, told } = finished;
        let batch = completion.batch;
        match told {
            Ok(()) => {
                let (batch, queue, tally) = (batch.id, batch.queue, batch.tally);
                self.printer.tell(&BatchFinished { batch, queue, tally });
            }
            Err(fault) => self.printer.warn(format!(
                "the end of batch '{}' couldn't be told: {}; jobq serve or jobq drain tells it again in two minutes",
                batch.id,
                fault.chain()
            )),
        }
        match followed {
            Followed::Pushed(queue) => Some(queue),
            Followed::Nothing | Followed::Failed(_) => None,
        }
    }
}
