//! What CloudFormation has done to a stack, event by event.

use jobq_core::fault::Fault;

use super::formation::{Formation, is_missing};
use crate::aws::failure::fault;

/// One thing that has happened to a stack or a resource of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What tells it from all others.
    pub id: String,
    /// What it happened to.
    pub subject: Subject,
    /// CloudFormation's word for it, like `CREATE_IN_PROGRESS`.
    pub status: String,
    /// Why, if there is something to say.
    pub reason: Option<String>,
}

/// What an event happened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The stack as a whole.
    Stack,
    /// A resource.
    Resource {
        /// What the template calls it.
        id: String,
        /// Its type, like `AWS::SQS::Queue`.
        kind: String,
    },
}

impl Formation {
    /// The events of the operation that was marked with `token`, oldest first; `None` if the stack is unknown.
    pub async fn events(&self, stack_id: &str, token: &str) -> Result<Option<Vec<Event>>, Fault> {
        let mut pages = self.client.describe_stack_events().stack_name(stack_id).into_paginator().send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page.stack_events.unwrap_or_default(),
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(fault(self.about("read the events"), error)),
            };
            let all = page.len();
            // Newest first: beyond the operation's own lies the past.
            let own = page.into_iter().filter(|event| event.client_request_token.as_deref() == Some(token));
            let before = events.len();
            events.extend(own.map(|event| self.event(event)));
            if events.len() - before < all {
                break;
            }
        }
        events.reverse();
        Ok(Some(events))
    }

    fn event(&self, event: aws_sdk_cloudformation::types::StackEvent) -> Event {
        let (id, kind) =
            (event.logical_resource_id.unwrap_or_default(), event.resource_type.unwrap_or_default());
        let whole = kind == "AWS::CloudFormation::Stack" && id == self.stack;
        Event {
            id: event.event_id.unwrap_or_default(),
            subject: if whole { Subject::Stack } else { Subject::Resource { id, kind } },
            status: event.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            reason: event.resource_status_reason.filter(|reason| !reason.is_empty()),
        }
    }
}
