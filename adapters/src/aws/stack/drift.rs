//! Drift: what somebody has changed behind CloudFormation's back.

use aws_sdk_cloudformation::types::{StackDriftDetectionStatus, StackResourceDriftStatus};
use jobq_core::fault::{Fault, FaultKind};

use super::formation::Formation;
use crate::aws::failure::fault;

/// A search for drift that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    id: String,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It goes on.
    Pending,
    /// It is over, and this is what differs.
    Drifts(Vec<Drift>),
}

/// A resource that isn't what the template says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What the template calls it.
    pub id: String,
    /// Its type, like `AWS::SQS::Queue`.
    pub kind: String,
    /// What differs; nothing if the resource itself has gone.
    pub differences: Vec<Difference>,
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it is, like `/VisibilityTimeout`.
    pub path: String,
    /// What the template says.
    pub expected: String,
    /// What it is.
    pub actual: String,
}

impl Formation {
    /// Has CloudFormation compare the stack with its template; it takes seconds.
    pub async fn search_drift(&self) -> Result<Search, Fault> {
        let begun = self.client.detect_stack_drift().stack_name(&self.stack).send().await;
        let begun = begun.map_err(|error| fault(self.about("look for drift"), error))?;
        let id = begun.stack_drift_detection_id;
        let id =
            id.ok_or_else(|| Fault::new(FaultKind::Passing, self.about("look for drift: no id was told")))?;
        Ok(Search { id })
    }

    /// What the search has found so far.
    pub async fn drift(&self, search: &Search) -> Result<Found, Fault> {
        let request = self.client.describe_stack_drift_detection_status();
        let seen = request.stack_drift_detection_id(&search.id).send().await;
        let seen = seen.map_err(|error| fault(self.about("look for drift"), error))?;
        match seen.detection_status {
            Some(StackDriftDetectionStatus::DetectionComplete) => Ok(Found::Drifts(self.drifts().await?)),
            Some(StackDriftDetectionStatus::DetectionFailed) => {
                let cause = seen.detection_status_reason.unwrap_or_default();
                Err(Fault::new(FaultKind::Lasting, self.about("look for drift")).caused_by(cause))
            }
            _ => Ok(Found::Pending),
        }
    }

    async fn drifts(&self) -> Result<Vec<Drift>, Fault> {
        let request = self.client.describe_stack_resource_drifts().stack_name(&self.stack);
        let request = request
            .stack_resource_drift_status_filters(StackResourceDriftStatus::Modified)
            .stack_resource_drift_status_filters(StackResourceDriftStatus::Deleted);
        let mut pages = request.into_paginator().send();
        let mut drifts = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(self.about("read the drift"), error))?;
            drifts.extend(page.stack_resource_drifts.into_iter().flatten().map(|drift| Drift {
                id: drift.logical_resource_id.unwrap_or_default(),
                kind: drift.resource_type.unwrap_or_default(),
                differences: drift.property_differences.into_iter().flatten().map(difference).collect(),
            }));
        }
        Ok(drifts)
    }
}

fn difference(difference: aws_sdk_cloudformation::types::PropertyDifference) -> Difference {
    Difference {
        path: difference.property_path.unwrap_or_default(),
        expected: difference.expected_value.unwrap_or_default(),
        actual: difference.actual_value.unwrap_or_default(),
    }
}
