//! How much of an account's concurrency there is to reserve.

use aws_sdk_lambda::Client;
use jobq_core::fault::Fault;

use crate::aws::failure::fault;
use crate::aws::sdk::Sdk;

/// An account's concurrency in one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// How many functions may run at once in all.
    pub limit: u32,
    /// How many of those aren't reserved for one function.
    pub unreserved: u32,
}

/// Reads the account's concurrency.
pub async fn concurrency(sdk: &Sdk) -> Result<Concurrency, Fault> {
    let settings = Client::new(sdk.config()).get_account_settings().send().await;
    let settings = settings.map_err(|error| fault("read the account's concurrency", error))?;
    let limit =
        settings.account_limit.unwrap_or_else(|| aws_sdk_lambda::types::AccountLimit::builder().build());
    let whole = |count: i32| u32::try_from(count).unwrap_or_default();
    Ok(Concurrency {
        limit: whole(limit.concurrent_executions),
        unreserved: whole(limit.unreserved_concurrent_executions.unwrap_or_default()),
    })
}
