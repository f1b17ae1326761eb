//! Looking on while the pipeline is drained; the urgent tasks are pushed in the middle of it.

use std::convert::Infallible;
use std::time::Duration;

use jobq_adapters::clock::SystemClock;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;

use super::chart::Mark;
use super::depths::Sample;
use super::hermes;
use super::mock_api::MockApi;
use super::pipeline::{Pipeline, QUEUES};
use super::urgent::{self, Urgent};
use super::view::{Seen, View};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::store::Store;

/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// What is looked at.
pub(crate) struct Stage<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) project: &'a Project,
    pub(crate) store: &'a Store,
    pub(crate) api: &'a MockApi,
    /// The batch that all but the urgent tasks are in.
    pub(crate) batch: &'a BatchId,
    pub(crate) printer: Printer,
}

/// What was seen.
pub(crate) struct Watched {
    clock: SystemClock,
    begun: Duration,
    queues: Vec<QueueName>,
    pub(super) samples: Vec<Sample>,
    /// The urgent tasks, once they are pushed.
    pub(super) urgent: Option<Urgent>,
}

impl Watched {
    /// Nothing seen yet; time is counted from now.
    pub(crate) fn new(stage: &Stage<'_>) -> Result<Self, Failure> {
        let clock = SystemClock::new();
        let queues = QUEUES.iter().map(|queue| stage.project.queue(queue).map(|queue| queue.name.clone()));
        let queues = queues.collect::<Result<_, _>>()?;
        Ok(Self { clock, begun: clock.uptime(), queues, samples: Vec::new(), urgent: None })
    }

    /// Looks, shows it, and pushes the urgent tasks when it is time; never ends by itself.
    pub(crate) async fn watch(&mut self, stage: &Stage<'_>) -> Result<Infallible, Failure> {
        let mut view = View::new(stage.printer);
        loop {
            self.look(stage).await?;
            let tally = stage.store.batch(stage.batch).await?.map(|batch| batch.tally).unwrap_or_default();
            let api = stage.api.counted();
            let mark = self.mark();
            view.show(&Seen { samples: &self.samples, mark, tally, api });
            if self.urgent.is_none() && api.calls >= hermes::calls() / 2 {
                self.urgent = Some(self.hurry(stage, &view).await?);
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// Measures the queues once more.
    pub(crate) async fn look(&mut self, stage: &Stage<'_>) -> Result<(), Failure> {
        let at = self.clock.uptime().saturating_sub(self.begun);
        self.samples.push(Sample::take(stage.store, &self.queues, at).await?);
        Ok(())
    }

    /// Where the urgent tasks came.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.urgent.as_ref().map(|urgent| Mark { at: urgent.at, text: "urgent tasks" })
    }

    async fn hurry(&self, stage: &Stage<'_>, view: &View) -> Result<Urgent, Failure> {
        let at = self.clock.uptime().saturating_sub(self.begun);
        let among = self.samples.last().map_or(0, Sample::sum);
        view.note(urgent::TYPED);
        let (urgent, told) = urgent::push(stage, (at, among)).await?;
        view.note(&told);
        Ok(urgent)
    }
}
