//! What EventBridge says of a rule.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::RuleState;
use jobq_core::fault::Fault;

use crate::aws::failure::{code, fault};
use crate::aws::sdk::Sdk;

/// How a rule is, or a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleReading {
    /// It wakes its function.
    Enabled,
    /// It was switched off.
    Disabled,
    /// There is no such rule.
    Missing,
}

/// Reads a rule by its name.
pub async fn rule(sdk: &Sdk, name: &str) -> Result<RuleReading, Fault> {
    match Client::new(sdk.config()).describe_rule().name(name).send().await {
        Ok(read) if read.state == Some(RuleState::Disabled) => Ok(RuleReading::Disabled),
        Ok(_) => Ok(RuleReading::Enabled),
        Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(RuleReading::Missing),
        Err(error) => Err(fault(format!("read the rule {name}"), error)),
    }
}
