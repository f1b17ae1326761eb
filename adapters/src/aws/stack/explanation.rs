//! What is behind "call DescribeEvents": CloudFormation looks a template over before it begins, and tells what it
//! found in a place of its own.

use aws_sdk_cloudformation::operation::describe_events::builders::DescribeEventsFluentBuilder;
use aws_sdk_cloudformation::types::{EventFilter, OperationEvent};
use jobq_core::fault::Fault;

use super::change_set::ChangeSet;
use super::formation::Formation;
use crate::aws::failure::fault;

/// What stands in a reason that is told elsewhere.
const ELSEWHERE: &str = "DescribeEvents";

impl Formation {
    /// The reason why a stack couldn't be made or changed, with all that CloudFormation tells of it elsewhere.
    pub async fn explain(&self, stack_id: &str, reason: &str) -> Result<String, Fault> {
        self.explained(reason, self.client.describe_events().stack_name(stack_id)).await
    }

    /// The same of a change set.
    pub(super) async fn explain_change_set(
        &self,
        change_set: &ChangeSet,
        reason: &str,
    ) -> Result<String, Fault> {
        self.explained(reason, self.client.describe_events().change_set_name(&change_set.id)).await
    }

    async fn explained(&self, reason: &str, request: DescribeEventsFluentBuilder) -> Result<String, Fault> {
        if !reason.contains(ELSEWHERE) {
            return Ok(reason.to_owned());
        }
        let request = request.filters(EventFilter::builder().failed_events(true).build());
        let told = request.send().await.map_err(|error| fault(self.about("read what was found"), error))?;
        let mut found: Vec<String> =
            told.operation_events.unwrap_or_default().into_iter().filter_map(validation).collect();
        found.dedup();
        Ok(if found.is_empty() { reason.to_owned() } else { found.join("; ") })
    }
}

/// What one look at the template found.
fn validation(event: OperationEvent) -> Option<String> {
    let reason = event.validation_status_reason?;
    let of = event.logical_resource_id.unwrap_or_default();
    Some(format!("{of} {}: {reason}", event.validation_path.unwrap_or_default()))
}
