//! The account and region that a command works in.

use jobq_adapters::aws::account::caller;
use jobq_adapters::aws::sdk::Sdk;

use crate::failure::Failure;
use crate::project::Project;

/// The account and region that a command works in.
pub(crate) struct Account {
    pub(crate) sdk: Sdk,
    /// The account's number.
    pub(crate) number: String,
    /// Who is asking.
    pub(crate) caller: String,
}

impl Account {
    /// Finds out both: nothing can be done without.
    pub(crate) async fn open(project: &Project) -> Result<Self, Failure> {
        let sdk = Sdk::load(project.config.stack.region.as_deref()).await.map_err(|fault| {
            Failure::usage(fault.chain())
                .hint("type 'export AWS_REGION=eu-north-1', or write region under [aws]")
        })?;
        let caller = caller(&sdk).await.map_err(|fault| {
            Failure::failed(fault.chain())
                .hint("see who you are to AWS: aws sts get-caller-identity")
                .hint("log in: aws sso login, or aws configure; then choose: export AWS_PROFILE=...")
        })?;
        Ok(Self { sdk, number: caller.account, caller: caller.arn })
    }
}
