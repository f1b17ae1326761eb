//! Where a stack's queues are, asked once each.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jobq_core::fault::{Fault, FaultKind};

use super::failure;
use super::store::{AwsStore, locked};

/// What SQS calls a queue that isn't there, by its older and its newer protocol.
const MISSING: [&str; 2] = ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];

/// A queue of SQS: what it is called and where it is.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) name: String,
    pub(super) url: String,
}

impl<C> AwsStore<C> {
    /// Where the SQS queue of this name is; none if there is no such queue.
    pub(super) async fn look_up(&self, operation: &str, name: String) -> Result<Option<Address>, Fault> {
        if let Some(url) = locked(&self.shared.addresses).get(&name) {
            return Ok(Some(Address { url: url.clone(), name }));
        }
        let url = match self.shared.queues.get_queue_url().queue_name(&name).send().await {
            Ok(found) => found.queue_url.unwrap_or_default(),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(failure::fault(operation, error)),
        };
        locked(&self.shared.addresses).insert(name.clone(), url.clone());
        Ok(Some(Address { name, url }))
    }

    /// Where the SQS queue of this name is, which must be there.
    pub(super) async fn address(&self, operation: &str, name: String) -> Result<Address, Fault> {
        match self.look_up(operation, name.clone()).await? {
            Some(address) => Ok(address),
            None => Err(missing(operation, &name)),
        }
    }

    /// The fault of a failed request to a queue. One that has gone since is looked up anew next time.
    pub(super) fn queue_fault<E, R>(&self, operation: &str, at: &Address, error: SdkError<E, R>) -> Fault
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: fmt::Debug + Send + Sync + 'static,
    {
        if is_missing(&error) {
            locked(&self.shared.addresses).remove(&at.name);
            return missing(operation, &at.name);
        }
        failure::fault(operation, error)
    }
}

/// Whether SQS says that the queue isn't there. It says so too where it may not be seen.
pub(super) fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    failure::code(error).is_some_and(|code| MISSING.contains(&code))
}

fn missing(operation: &str, name: &str) -> Fault {
    let cause = format!("there is no queue '{name}' in this account and region: type 'jobq deploy'");
    Fault::new(FaultKind::Lasting, operation).caused_by(cause)
}
