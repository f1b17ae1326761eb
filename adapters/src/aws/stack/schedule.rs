//! What EventBridge Scheduler says of a schedule.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;
use jobq_core::fault::Fault;

use super::rule::RuleReading;
use crate::aws::failure::{code, fault};
use crate::aws::sdk::Sdk;

/// Reads a schedule by its name.
pub async fn schedule(sdk: &Sdk, name: &str) -> Result<RuleReading, Fault> {
    match Client::new(sdk.config()).get_schedule().name(name).send().await {
        Ok(read) if read.state == Some(ScheduleState::Disabled) => Ok(RuleReading::Disabled),
        Ok(_) => Ok(RuleReading::Enabled),
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(RuleReading::Missing),
        Err(error) => Err(fault(format!("read the schedule {name}"), error)),
    }
}
