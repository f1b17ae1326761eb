//! CloudFormation's hold on a stack: whether it is there, how it stands, and its end.

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::SdkError;
use aws_sdk_cloudformation::types::{ResourceStatus, TemplateStage};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jobq_core::fault::Fault;
use jobq_core::stack::Stack;

use crate::aws::failure::{code, fault};
use crate::aws::sdk::Sdk;

/// One stack of CloudFormation, there or not.
pub struct Formation {
    pub(super) client: Client,
    pub(super) stack: String,
}

/// How a stack stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its id, which tells it from earlier stacks of its name.
    pub id: String,
    /// CloudFormation's word for it, like `UPDATE_COMPLETE`.
    pub status: String,
    /// What the stack tells, by key.
    pub outputs: Vec<Output>,
}

/// One thing a stack tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What the template calls it.
    pub key: String,
    /// What it is, in words.
    pub description: String,
    /// The thing itself.
    pub value: String,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the template calls it.
    pub id: String,
    /// Its type, like `AWS::SQS::Queue`.
    pub kind: String,
    /// What it is called by its own service.
    pub name: String,
}

impl Formation {
    /// The CloudFormation stack of `stack`. Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, stack: &Stack) -> Self {
        Self { client: Client::new(sdk.config()), stack: stack.name.to_string() }
    }

    /// How the stack stands; none if there is no such stack.
    pub async fn standing(&self) -> Result<Option<Standing>, Fault> {
        self.standing_of(&self.stack).await
    }

    /// How the stack of this id stands. One that has been deleted is known by its id for a while.
    pub async fn standing_of(&self, name_or_id: &str) -> Result<Option<Standing>, Fault> {
        let described = self.client.describe_stacks().stack_name(name_or_id).send().await;
        let described = match described {
            Ok(described) => described,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(fault(format!("look up the stack {}", self.stack), error)),
        };
        let found = described.stacks.unwrap_or_default().into_iter().next();
        Ok(found.map(|stack| Standing {
            id: stack.stack_id.unwrap_or_default(),
            status: stack.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            outputs: stack.outputs.unwrap_or_default().into_iter().map(output).collect(),
        }))
    }

    /// The resources of the stack; none if there is no stack.
    pub async fn parts(&self) -> Result<Vec<Part>, Fault> {
        let mut pages = self.client.list_stack_resources().stack_name(&self.stack).into_paginator().send();
        let mut parts = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if is_missing(&error) => return Ok(Vec::new()),
                Err(error) => {
                    return Err(fault(format!("list the parts of the stack {}", self.stack), error));
                }
            };
            let known = page.stack_resource_summaries.unwrap_or_default().into_iter();
            // What has gone is told for a while, whether it was deleted or kept.
            let there = known.filter(|part| !part.resource_status.as_ref().is_some_and(is_gone));
            parts.extend(there.map(|part| Part {
                id: part.logical_resource_id.unwrap_or_default(),
                kind: part.resource_type.unwrap_or_default(),
                name: part.physical_resource_id.unwrap_or_default(),
            }));
        }
        Ok(parts)
    }

    /// The template that the stack was last made or changed by.
    pub async fn template(&self) -> Result<String, Fault> {
        let request = self.client.get_template().stack_name(&self.stack);
        let told = request.template_stage(TemplateStage::Original).send().await;
        let told =
            told.map_err(|error| fault(format!("read the template of the stack {}", self.stack), error))?;
        Ok(told.template_body.unwrap_or_default())
    }

    /// Has CloudFormation delete the stack, and doesn't wait for it. `token` marks the events of this deletion.
    /// Repeats are safe.
    pub async fn delete(&self, token: &str) -> Result<(), Fault> {
        let deleted = self.client.delete_stack().stack_name(&self.stack).client_request_token(token).send();
        let deleted = deleted.await;
        deleted.map(drop).map_err(|error| fault(format!("delete the stack {}", self.stack), error))
    }
}

fn is_gone(status: &ResourceStatus) -> bool {
    matches!(status, ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped)
}

fn output(output: aws_sdk_cloudformation::types::Output) -> Output {
    Output {
        key: output.output_key.unwrap_or_default(),
        description: output.description.unwrap_or_default(),
        value: output.output_value.unwrap_or_default(),
    }
}

/// CloudFormation has no code of its own for this.
pub(super) fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
    code(error) == Some("ValidationError") && message.contains("does not exist")
}
