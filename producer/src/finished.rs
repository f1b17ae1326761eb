//! Batches that have ended: the task that goes on from there is pushed, people's programs are told.
//!
//! First the task, whose second push is the same as its first; then the hook; and only then it is noted that it was told.
//! A crash in between tells it again.

use std::collections::BTreeMap;
use std::time::Duration;

use jobq_core::completion::{Completion, Followed, OnComplete};
use jobq_core::fault::Fault;
use jobq_core::name::QueueName;
use jobq_core::ports::completions::Completions;
use jobq_core::ports::hook::Hook;
use jobq_core::ports::outbox::Outbox;
use jobq_core::ports::sequels::Sequels;
use jobq_core::queue::Queue;

/// How many are told in one go, one after the other.
const MOST: usize = 64;

/// After how long somebody else may try, where one was held and not told: longer than a command and a call may take.
const HOLD: Duration = Duration::from_secs(120);

/// The parts that telling works with.
pub struct Teller<'a, S, Q, H> {
    /// Queues and batches.
    pub store: &'a S,
    /// Makes the tasks that go on.
    pub sequels: &'a Q,
    /// Tells people's programs.
    pub hook: &'a H,
}

/// A batch that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The batch, and its end.
    pub completion: Completion,
    /// What goes on from there.
    pub followed: Followed,
    /// Why it could not be told, if it couldn't. It is tried again.
    pub told: Result<(), Fault>,
}

impl<S, Q, H> Teller<'_, S, Q, H>
where
    S: Completions + Outbox,
    Q: Sequels,
    H: Hook,
{
    /// Tells the ends of batches that nobody has told yet, of those that were pushed to these queues: what is done then, they
    /// say.
    ///
    /// # Errors
    /// The store can't be asked. What went wrong with one batch stands beside it.
    pub async fn tell(&self, queues: &BTreeMap<QueueName, Queue>) -> Result<Vec<Finished>, Fault> {
        let names: Vec<QueueName> = queues.keys().cloned().collect();
        let mut finished = Vec::new();
        while finished.len() < MOST {
            // One at a time: what is held is being told, and isn't waiting for its turn.
            let Some(completion) = self.store.untold(&names, 1, HOLD).await?.pop() else { break };
            let mut followed = Followed::Nothing;
            let on = queues.get(&completion.batch.queue).map(|queue| &queue.on_complete);
            let told = self.tell_one(&completion, on, &mut followed).await;
            finished.push(Finished { completion, followed, told });
        }
        Ok(finished)
    }

    async fn tell_one(
        &self,
        completion: &Completion,
        on: Option<&OnComplete>,
        followed: &mut Followed,
    ) -> Result<(), Fault> {
        *followed = self.store.follow(self.sequels.after(completion).await?).await?;
        self.sequels.followed(completion, followed);
        if let Some(on) = on {
            self.hook.tell(on, &completion.summary()).await?;
        }
        self.store.told(completion, followed).await
    }
}
