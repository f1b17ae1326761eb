//! Batches that have ended: the task that goes on from there is pushed, people's programs are told.
//!
//! First the task, whose second push is the same as its first; then the hook; and only then it is noted that it was told.
//! A crash in between tells it again.

use std::time::Duration;

use jobq_core::batch::{Mark, Opened};
use jobq_core::completion::{Completion, FollowUp, OnComplete};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::{BatchId, QueueName};
use jobq_core::policy::fanin::{follow_up, job};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::completions::Completions;
use jobq_core::ports::hook::Hook;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::Child;

/// How many are told in one go, one after the other.
const MOST: usize = 64;

/// After how long somebody else may try, where one was held and not told: longer than a command and a call may take.
const HOLD: Duration = Duration::from_secs(120);

/// The parts that telling works with.
pub struct Teller<'a, S, J, H, C> {
    /// Queues and batches.
    pub store: &'a S,
    /// Runs the programs that make tasks.
    pub jq: &'a J,
    /// Tells people's programs.
    pub hook: &'a H,
    /// The time.
    pub clock: &'a C,
    /// The longest delay the store takes, if it doesn't take any.
    pub longest_delay: Option<Duration>,
}

/// A batch that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The batch, and its end.
    pub completion: Completion,
    /// The queue that a task was pushed to, if one was.
    pub pushed: Option<QueueName>,
    /// Why it could not be told, if it couldn't. It is tried again.
    pub told: Result<(), Fault>,
}

impl<S, J, H, C> Teller<'_, S, J, H, C>
where
    S: Completions + Outbox,
    J: Jq,
    H: Hook,
    C: Clock,
{
    /// Tells the ends of batches that nobody has told yet. `on` says what is done for batches of a queue.
    ///
    /// # Errors
    /// The store can't be asked. What went wrong with one batch stands beside it.
    pub async fn tell<'q>(
        &self,
        on: impl Fn(&QueueName) -> Option<&'q OnComplete>,
    ) -> Result<Vec<Finished>, Fault> {
        let mut finished = Vec::new();
        while finished.len() < MOST {
            // One at a time: what is held is being told, and isn't waiting for its turn.
            let Some(completion) = self.store.untold(1, HOLD).await?.pop() else { break };
            let mut pushed = None;
            let told = self.tell_one(&completion, on(&completion.batch.queue), &mut pushed).await;
            finished.push(Finished { completion, pushed, told });
        }
        Ok(finished)
    }

    async fn tell_one(
        &self,
        completion: &Completion,
        on: Option<&OnComplete>,
        pushed: &mut Option<QueueName>,
    ) -> Result<(), Fault> {
        if let Some(on) = on {
            // Whoever cancels a batch wants no more of it.
            if let Some(task) = on.task.as_ref().filter(|_| completion.batch.canceled_at.is_none()) {
                self.push(completion, task).await?;
                *pushed = Some(task.queue.clone());
            }
            self.hook.tell(on, &completion.summary()).await?;
        }
        self.store.told(completion).await
    }

    async fn push(&self, completion: &Completion, task: &FollowUp) -> Result<(), Fault> {
        let made = self.jq.run(&job(task, completion)).await?;
        let made = follow_up(task, completion, made, self.clock.now(), self.longest_delay);
        let (batch, Child { queue, parcel, delay, .. }) =
            made.map_err(|said| lasting(&completion.batch.id, said))?;
        let whole = Mark { lines: 1, refused: 0, complete: true };
        match self.store.open(&batch).await? {
            Opened::New => {}
            Opened::Resumed(mark) if mark.complete => return Ok(()),
            Opened::Resumed(_) => {}
            Opened::Foreign => {
                let said = format!("there is a batch '{}' of somebody else's already", batch.id);
                return Err(lasting(&completion.batch.id, said));
            }
        }
        self.store.send(&queue, &batch.id, vec![(parcel, delay)], whole).await
    }
}

fn lasting(batch: &BatchId, said: String) -> Fault {
    Fault::new(FaultKind::Lasting, format!("push the task for the end of batch '{batch}'")).caused_by(said)
}
