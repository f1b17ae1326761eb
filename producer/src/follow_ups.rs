//! Tasks that go on from the ends of batches, as queues say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jobq_core::completion::{Completion, FollowUp, Followed, Sequel};
use jobq_core::event::batches::BatchUnfollowed;
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::policy::fanin::{follow_up, job};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::metrics::Metrics;
use jobq_core::ports::sequels::{Knowing, Sequels};
use jobq_core::queue::Queue;

/// Makes the tasks that go on from the ends of batches.
pub struct FollowUps<J, M, C> {
    tasks: BTreeMap<QueueName, FollowUp>,
    jq: Arc<J>,
    metrics: Arc<M>,
    clock: C,
    longest_delay: Option<Duration>,
}

impl<J, M, C> FollowUps<J, M, C> {
    /// What these queues say, made by programs that `jq` runs, for a store that takes no longer delay than this.
    pub fn of<'q>(
        queues: impl IntoIterator<Item = &'q Queue>,
        jq: Arc<J>,
        metrics: Arc<M>,
        clock: C,
        longest_delay: Option<Duration>,
    ) -> Self {
        let tasks = queues.into_iter().filter_map(|queue| {
            let task = queue.on_complete.task.as_ref()?;
            Some((queue.name.clone(), task.clone()))
        });
        Self { tasks: tasks.collect(), jq, metrics, clock, longest_delay }
    }
}

impl<J: Jq, M, C: Clock> FollowUps<J, M, C> {
    async fn made(&self, completion: &Completion) -> Result<Sequel, Fault> {
        let batch = &completion.batch;
        // Whoever cancels a batch wants no more of it.
        let task = self.tasks.get(&batch.queue).filter(|_| batch.canceled_at.is_none());
        let Some(task) = task else { return Ok(Sequel::Nothing) };
        let made = self.jq.run(&job(task, completion)).await?;
        let made = follow_up(task, completion, made, self.clock.now(), self.longest_delay);
        Ok(made.map_or_else(Sequel::Failed, |task| Sequel::Task(Box::new(task))))
    }
}

impl<J: Jq, M: Metrics, C: Clock> Sequels for FollowUps<J, M, C> {
    fn after<'a>(&'a self, completion: &'a Completion) -> Knowing<'a> {
        Box::pin(self.made(completion))
    }

    fn followed(&self, completion: &Completion, followed: &Followed) {
        if let Some(why) = followed.failure() {
            let (batch, queue) = (completion.batch.id.clone(), completion.batch.queue.clone());
            self.metrics.record(&BatchUnfollowed { batch, queue, error: why.to_owned() }.into());
        }
    }
}
