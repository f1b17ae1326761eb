//! Adopting what an earlier stack of the same name has kept, or this one of a queue that had left jobq.toml.
//!
//! Its names are taken, so nothing of it can be made anew. CloudFormation adopts it by an import, which may do nothing
//! else: the rest follows by an update.

use std::collections::BTreeSet;

use jobq_adapters::aws::sdk::Sdk;
use jobq_adapters::aws::stack::change_set::{Argument, Import, Intent};
use jobq_adapters::aws::stack::formation::{Formation, Part};
use jobq_adapters::aws::stack::leftovers::Leftovers;
use jobq_adapters::aws::stack::queue_settings::queue_settings;
use jobq_adapters::aws::stack::refusal::refusal;
use jobq_adapters::clock::SystemClock;
use jobq_core::fault::Fault;
use jobq_infra::retained::{Retained, Thing};
use jobq_infra::template::Template;
use serde_json::Value;

use super::patience::persist;
use crate::failure::Failure;

/// What is to be asked of CloudFormation so that the stack adopts what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adoption {
    pub(crate) intent: Intent,
    pub(crate) template: String,
    pub(crate) parameters: Vec<(String, Argument)>,
}

/// Looks for what is there and not the stack's.
pub(crate) struct Search<'a> {
    pub(crate) sdk: &'a Sdk,
    pub(crate) formation: &'a Formation,
    pub(crate) leftovers: &'a Leftovers,
    pub(crate) clock: &'a SystemClock,
}

/// Something that is there, and those settings of it that depend on jobq.toml.
struct Found {
    import: Import,
    settings: Vec<(&'static str, u64)>,
}

impl Search<'_> {
    /// What of a template is there and not the stack's, ready to be adopted; none if nothing is.
    pub(crate) async fn adoption(&self, template: &Template) -> Result<Option<Adoption>, Failure> {
        let parts = persist(self.clock, async || self.formation.parts().await).await?;
        let own: BTreeSet<&str> = parts.iter().map(|part| part.id.as_str()).collect();
        let mut found = Vec::new();
        for retained in template.retained() {
            if !own.contains(retained.id.as_str()) {
                found.extend(self.find(&retained).await?);
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        let template = self.beside(&parts, as_they_are(template, &found)).await?;
        Ok(Some(Adoption {
            parameters: unchanged(&template),
            template: template.to_string(),
            intent: Intent::Import(found.into_iter().map(|found| found.import).collect()),
        }))
    }

    async fn find(&self, retained: &Retained) -> Result<Option<Found>, Failure> {
        let found = match &retained.thing {
            Thing::Queue(name) => self.queue(name).await?,
            Thing::Ledger(name) => {
                let there = persist(self.clock, async || self.leftovers.has_table().await).await;
                let there = there.map_err(|fault| unseen(fault, "dynamodb:DescribeTable"))?;
                there.then(|| (name.clone(), Vec::new()))
            }
            Thing::Results => {
                let there = persist(self.clock, async || self.leftovers.has_results().await).await;
                let there = there.map_err(|fault| unseen(fault, "s3:ListBucketVersions"))?;
                there.then(|| (self.leftovers.results_bucket(), Vec::new()))
            }
        };
        Ok(found.map(|(value, settings)| {
            let identifier = (retained.thing.identifier(), value);
            Found { import: Import { id: retained.id.clone(), kind: retained.kind, identifier }, settings }
        }))
    }

    async fn queue(&self, name: &str) -> Result<Option<(String, Vec<(&'static str, u64)>)>, Failure> {
        let read = persist(self.clock, async || queue_settings(self.sdk, name).await).await;
        let read = read.map_err(|fault| unseen(fault, "sqs:GetQueueUrl and sqs:GetQueueAttributes"))?;
        Ok(read.map(|queue| {
            let settings = vec![
                ("VisibilityTimeout", queue.visibility_secs),
                ("MessageRetentionPeriod", queue.retention_secs),
            ];
            (queue.url, settings)
        }))
    }

    /// What is to be adopted beside all that the stack has, which an import may not change.
    async fn beside(&self, parts: &[Part], alone: Value) -> Result<Value, Failure> {
        if parts.is_empty() {
            return Ok(alone);
        }
        let text = persist(self.clock, async || self.formation.template().await).await?;
        joined(&text, &alone).ok_or_else(|| {
            Failure::failed("read the stack's template: it isn't one of jobq's")
                .hint("choose another name under [aws] stack")
        })
    }
}

/// The template of what was found and nothing else. An import sets nothing: what differs from jobq.toml is told as it
/// is, so that the update that follows sees the difference.
fn as_they_are(template: &Template, found: &[Found]) -> Value {
    let ids = found.iter().map(|found| found.import.id.as_str()).collect();
    let alone = found.iter().fold(template.only(&ids), |template, found| {
        found
            .settings
            .iter()
            .fold(template, |template, (setting, value)| template.with(&found.import.id, setting, *value))
    });
    alone.to_json()
}

fn joined(text: &str, alone: &Value) -> Option<Value> {
    let mut template: Value = serde_json::from_str(text).ok()?;
    let resources = template.get_mut("Resources")?.as_object_mut()?;
    resources.extend(alone["Resources"].as_object()?.clone());
    Some(template)
}

fn unchanged(template: &Value) -> Vec<(String, Argument)> {
    let parameters = template["Parameters"].as_object().into_iter().flatten();
    parameters.map(|(name, _)| (name.clone(), Argument::AsBefore)).collect()
}

/// Why something can't be looked up. It isn't taken for missing: making it would fail half-way.
fn unseen(fault: Fault, action: &str) -> Failure {
    let Some(refusal) = refusal(&fault) else {
        return Failure::from(fault);
    };
    let action = refusal.action.as_deref().unwrap_or(action);
    let hint = format!("you may not do {action}: have it allowed to you");
    Failure::failed(format!("whether there is something to adopt can't be told: {}", fault.chain()))
        .hint(hint)
}

#[cfg(test)]
mod tests {
    //! What an import says of a stack that has something already, and of what nobody may see.

    use jobq_core::fault::FaultKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_stack_stays_as_it_is() {
        let before = json!({
            "Resources": { "A": { "Type": "a" } },
            "Outputs": { "O": {} },
            "Parameters": { "P": {} },
        });
        let whole = joined(&before.to_string(), &json!({ "Resources": { "B": { "Type": "b" } } })).unwrap();
        assert_eq!(whole["Resources"], json!({ "A": { "Type": "a" }, "B": { "Type": "b" } }));
        assert_eq!(whole["Outputs"], before["Outputs"]);
        assert_eq!(unchanged(&whole), [("P".to_owned(), Argument::AsBefore)]);
        assert_eq!(joined("a: yaml", &json!({})), None);
    }

    #[test]
    fn what_may_not_be_seen_names_the_action() {
        let said = |cause: &str| {
            let fault = Fault::new(FaultKind::Lasting, "look up").caused_by(cause.to_owned());
            unseen(fault, "s3:ListBucketVersions").hints
        };
        let told = "AccessDenied: user is not authorized to perform: sqs:getqueueurl on resource: x";
        assert_eq!(said(told), ["you may not do sqs:getqueueurl: have it allowed to you"]);
        let untold = "AccessDenied: Access Denied";
        assert_eq!(said(untold), ["you may not do s3:ListBucketVersions: have it allowed to you"]);
        assert!(said("NotFound").is_empty());
    }
}
