//! What a deployment would change: asked of CloudFormation, shown, and then made or thrown away.

use std::time::Duration;

use jobq_adapters::aws::stack::artifacts::{Artifacts, Before};
use jobq_adapters::aws::stack::change_set::{Argument, Body, Change, ChangeSet, Draft, Intent, Review};
use jobq_adapters::aws::stack::formation::Formation;
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use sha2::{Digest, Sha256};

use super::hints::hint;
use super::patience::persist;
use crate::failure::Failure;

/// The longest template that a request takes; a longer one is read from S3.
const LONGEST_BODY: usize = 51_200;

/// Between two looks whether CloudFormation has compared.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What a deployment asks for.
pub(crate) struct Request<'a> {
    pub(crate) formation: &'a Formation,
    pub(crate) artifacts: &'a Artifacts,
    pub(crate) template: String,
    pub(crate) parameters: Vec<(String, Argument)>,
    pub(crate) intent: Intent,
    /// Whether the stack was there before, be it with nothing in it. If not, the change set makes it.
    pub(crate) stack_before: Before,
    /// A name that no other change set of the stack has.
    pub(crate) name: String,
}

/// What would change.
pub(crate) enum Proposal {
    /// Nothing; nothing is left behind.
    Nothing,
    /// These, by this change set.
    Changes(Vec<Change>, ChangeSet),
}

impl Request<'_> {
    /// Asks CloudFormation, and waits for its answer.
    pub(crate) async fn propose(&self, clock: &SystemClock) -> Result<Proposal, Failure> {
        let change_set = self.draft(clock).await?;
        let review = self.review(&change_set, clock).await;
        match review {
            Ok(Review::Changes(changes)) => Ok(Proposal::Changes(changes, change_set)),
            other => {
                self.withdraw(&change_set, clock).await?;
                match other? {
                    Review::Refused(reason) => {
                        let message = format!("CloudFormation refuses the change: {reason}");
                        Err(Failure::failed(message).hint(hint(&reason)))
                    }
                    _ => Ok(Proposal::Nothing),
                }
            }
        }
    }

    /// Throws a change set away, and the empty stack that was made for it.
    pub(crate) async fn withdraw(&self, change_set: &ChangeSet, clock: &SystemClock) -> Result<(), Failure> {
        persist(clock, async || self.formation.discard(change_set).await).await?;
        if self.stack_before == Before::Missing {
            persist(clock, async || self.formation.delete(&self.name).await).await?;
        }
        Ok(())
    }

    async fn draft(&self, clock: &SystemClock) -> Result<ChangeSet, Failure> {
        if self.template.len() <= LONGEST_BODY {
            return self.draft_of(Body::Inline(self.template.clone())).await;
        }
        let sha256: String =
            Sha256::digest(&self.template).iter().map(|byte| format!("{byte:02x}")).collect();
        let key = format!("template-{sha256}.json");
        let before = persist(clock, async || self.artifacts.make().await).await?;
        persist(clock, async || self.artifacts.put(&key, self.template.clone().into_bytes()).await).await?;
        let drafted = self.draft_of(Body::Url(self.artifacts.url(&key))).await;
        // CloudFormation has read it by now, and a look leaves nothing behind.
        match before {
            Before::Missing => persist(clock, async || self.artifacts.delete().await).await?,
            Before::There => persist(clock, async || self.artifacts.remove(&key).await).await?,
        }
        drafted
    }

    /// Not tried again: whether one that got no answer was taken isn't known, and the name would be taken then.
    async fn draft_of(&self, body: Body) -> Result<ChangeSet, Failure> {
        let parameters = self.parameters.clone();
        let draft = Draft { intent: self.intent.clone(), body, parameters, name: self.name.clone() };
        self.formation.draft(draft).await.map_err(|fault| {
            let chain = fault.chain();
            let hint = hint(&chain);
            Failure::from(fault).hint(hint)
        })
    }

    async fn review(&self, change_set: &ChangeSet, clock: &SystemClock) -> Result<Review, Failure> {
        loop {
            match persist(clock, async || self.formation.review(change_set).await).await? {
                Review::Pending => clock.sleep(LOOK_EVERY).await,
                review => return Ok(review),
            }
        }
    }
}
