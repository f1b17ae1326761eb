//! Whose account the settings lead to.

use jobq_core::fault::{Fault, FaultKind};

use super::failure::fault;
use super::sdk::Sdk;

/// Who is asking, as AWS sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's number.
    pub account: String,
    /// The user or role.
    pub arn: String,
}

/// Asks AWS who is asking: also the proof that the credentials are good.
pub async fn caller(sdk: &Sdk) -> Result<Caller, Fault> {
    let identity = aws_sdk_sts::Client::new(sdk.config()).get_caller_identity().send().await;
    let identity = identity.map_err(|error| fault("ask AWS for the account", error))?;
    let (Some(account), Some(arn)) = (identity.account, identity.arn) else {
        return Err(Fault::new(FaultKind::Lasting, "ask AWS for the account: the answer names none"));
    };
    Ok(Caller { account, arn })
}
