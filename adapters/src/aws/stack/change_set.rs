//! Change sets: what CloudFormation would do to a stack, looked at before it does.

use aws_sdk_cloudformation::types::{
    Capability, ChangeAction, ChangeSetStatus, ChangeSetType, Parameter, PolicyAction, Replacement,
    ResourceChange, ResourceTargetDefinition, ResourceToImport, Tag,
};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::stack::STACK_TAG;

use super::formation::{Formation, is_missing};
use crate::aws::failure::{code, fault};

/// Where a template is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Here: 51,200 bytes at most.
    Inline(String),
    /// In S3, at this url: a megabyte at most.
    Url(String),
}

/// What a stack is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// To be made.
    Create,
    /// To be changed.
    Update,
    /// To adopt what is there already, and nothing else; it is made if it isn't there.
    Import(Vec<Import>),
}

/// Something that is there already, to be adopted as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// What the template calls it.
    pub id: String,
    /// Its type, like `AWS::SQS::Queue`.
    pub kind: &'static str,
    /// The property that tells it from others of its type, and that property's value.
    pub identifier: (&'static str, String),
}

/// The value of a template's parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// This one.
    Is(String),
    /// The one that the stack has.
    AsBefore,
}

/// What a stack is to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Whether it is made or changed, or adopts something.
    pub intent: Intent,
    /// What it is to be.
    pub body: Body,
    /// The values of the template's parameters.
    pub parameters: Vec<(String, Argument)>,
    /// A name for the change set that no other of this stack has.
    pub name: String,
}

/// A change set that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSet {
    /// Its id.
    pub id: String,
    /// The id of its stack, which is there from now on, be it empty.
    pub stack_id: String,
}

/// What there is to see of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// CloudFormation is still comparing.
    Pending,
    /// There is nothing to change.
    Nothing,
    /// These changes would be made.
    Changes(Vec<Change>),
    /// It can't be done, for this reason.
    Refused(String),
}

/// What would become of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// What the template calls the resource.
    pub id: String,
    /// Its type, like `AWS::SQS::Queue`.
    pub kind: String,
    /// What its service calls it, if it is there already.
    pub name: Option<String>,
    /// Which of its settings change, each once.
    pub settings: Vec<Setting>,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is made.
    Add,
    /// It was there and is adopted as it is.
    Adopt,
    /// It is changed.
    Modify,
    /// Another takes its place; what the first one holds doesn't come along.
    Replace,
    /// Another may have to take its place: it is known only when it is done.
    MayReplace,
    /// It leaves the stack and is deleted.
    Remove,
    /// It leaves the stack and stays where it is.
    Release,
}

/// A setting that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, like `MemorySize`.
    pub name: String,
    /// What it was and what it will be, as far as CloudFormation tells.
    pub values: Option<(String, String)>,
}

impl Formation {
    /// Asks what would have to be done; CloudFormation takes seconds to find out.
    ///
    /// For a stack that isn't there it makes one in which there is nothing.
    pub async fn draft(&self, draft: Draft) -> Result<ChangeSet, Fault> {
        let request = self.client.create_change_set().stack_name(&self.stack).change_set_name(draft.name);
        let own = Tag::builder().key(STACK_TAG).value(&self.stack).build();
        let request = match draft.intent {
            Intent::Create => request.change_set_type(ChangeSetType::Create).tags(own),
            Intent::Update => request.change_set_type(ChangeSetType::Update).tags(own),
            // An import may change no tags of the stack, and that of a new stack may give it none.
            Intent::Import(imports) => request
                .change_set_type(ChangeSetType::Import)
                .set_resources_to_import(Some(imports.into_iter().map(import).collect())),
        };
        let request = match draft.body {
            Body::Inline(text) => request.template_body(text),
            Body::Url(url) => request.template_url(url),
        };
        let drafted = request
            .set_parameters(Some(draft.parameters.into_iter().map(parameter).collect()))
            .capabilities(Capability::CapabilityIam)
            .send()
            .await
            .map_err(|error| fault(self.about("make a change set"), error))?;
        let (Some(id), Some(stack_id)) = (drafted.id, drafted.stack_id) else {
            return Err(Fault::new(FaultKind::Passing, self.about("make a change set: no id was told")));
        };
        Ok(ChangeSet { id, stack_id })
    }

    /// What there is to see of a change set now.
    pub async fn review(&self, change_set: &ChangeSet) -> Result<Review, Fault> {
        let (mut changes, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.describe_change_set().change_set_name(&change_set.id);
            let seen = request.include_property_values(true).set_next_token(token).send().await;
            let seen = seen.map_err(|error| fault(self.about("read a change set"), error))?;
            match seen.status {
                Some(ChangeSetStatus::CreateComplete) => {}
                Some(ChangeSetStatus::Failed) => {
                    let reason = seen.status_reason.unwrap_or_default();
                    return Ok(refused(self.explain_change_set(change_set, &reason).await?));
                }
                _ => return Ok(Review::Pending),
            }
            let page = seen.changes.unwrap_or_default().into_iter();
            changes.extend(page.filter_map(|change| change.resource_change).map(change));
            token = seen.next_token;
            if token.is_none() {
                return Ok(Review::Changes(changes));
            }
        }
    }

    /// Has CloudFormation do it, and doesn't wait. `token` marks the events of it. Repeats are safe.
    pub async fn execute(&self, change_set: &ChangeSet, token: &str) -> Result<(), Fault> {
        let request = self.client.execute_change_set().change_set_name(&change_set.id);
        let executed = request.client_request_token(token).send().await;
        executed.map(drop).map_err(|error| fault(self.about("execute the change set"), error))
    }

    /// Throws a change set away. Repeats are safe.
    pub async fn discard(&self, change_set: &ChangeSet) -> Result<(), Fault> {
        let discarded = self.client.delete_change_set().change_set_name(&change_set.id).send().await;
        match discarded {
            Err(error) if code(&error) == Some("ChangeSetNotFound") || is_missing(&error) => Ok(()),
            other => other.map(drop).map_err(|error| fault(self.about("delete the change set"), error)),
        }
    }

    pub(super) fn about(&self, operation: &str) -> String {
        format!("{operation} of the stack {}", self.stack)
    }
}

fn parameter((key, argument): (String, Argument)) -> Parameter {
    let parameter = Parameter::builder().parameter_key(key);
    match argument {
        Argument::Is(value) => parameter.parameter_value(value).build(),
        Argument::AsBefore => parameter.use_previous_value(true).build(),
    }
}

fn import(import: Import) -> ResourceToImport {
    let (property, value) = import.identifier;
    ResourceToImport::builder()
        .resource_type(import.kind)
        .logical_resource_id(import.id)
        .resource_identifier(property, value)
        .build()
}

/// That nothing would change is a failure to CloudFormation, told in words alone.
fn refused(reason: String) -> Review {
    let nothing = ["didn't contain changes", "No updates are to be performed"];
    if nothing.iter().any(|words| reason.contains(words)) { Review::Nothing } else { Review::Refused(reason) }
}

fn change(change: ResourceChange) -> Change {
    let mut settings: Vec<Setting> = Vec::new();
    let targets = change.details.iter().flatten().filter_map(|detail| detail.target.as_ref());
    for setting in targets.filter_map(setting) {
        match settings.iter_mut().find(|known| known.name == setting.name) {
            Some(known) => known.values = known.values.take().or(setting.values),
            None => settings.push(setting),
        }
    }
    Change {
        action: action(&change),
        id: change.logical_resource_id.unwrap_or_default(),
        kind: change.resource_type.unwrap_or_default(),
        name: change.physical_resource_id,
        settings,
    }
}

fn action(change: &ResourceChange) -> Action {
    match (&change.action, &change.replacement, &change.policy_action) {
        (Some(ChangeAction::Add), ..) => Action::Add,
        (Some(ChangeAction::Import), ..) => Action::Adopt,
        (Some(ChangeAction::Remove), _, Some(PolicyAction::Retain)) => Action::Release,
        (Some(ChangeAction::Remove), ..) => Action::Remove,
        (_, Some(Replacement::True), _) => Action::Replace,
        (_, Some(Replacement::Conditional), _) => Action::MayReplace,
        _ => Action::Modify,
    }
}

fn setting(target: &ResourceTargetDefinition) -> Option<Setting> {
    let name =
        target.name.clone().or_else(|| target.attribute.as_ref().map(|part| part.as_str().to_owned()))?;
    let values = target.before_value.clone().zip(target.after_value.clone());
    Some(Setting { name, values })
}
