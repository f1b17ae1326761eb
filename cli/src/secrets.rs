//! Secrets of either backend, behind one name.

use jobq_adapters::aws::secrets::AwsSecrets;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::secrets::EnvOrFileSecrets;
use jobq_core::fault::Fault;
use jobq_core::limit::Limit;
use jobq_core::name::SecretName;
use jobq_core::ports::secrets::{Secret, Secrets};

use crate::failure::Failure;

/// Where secrets are looked up.
pub(crate) enum SecretSource {
    /// In the environment, or in files beside the queue.
    Local(EnvOrFileSecrets),
    /// In the stack's own store.
    Aws(AwsSecrets<SystemClock>),
}

impl SecretSource {
    /// Looks up every secret of a limit before anything is done: nothing can be done without.
    pub(crate) async fn check(&self, limit: &Limit) -> Result<(), Failure> {
        for name in &limit.secrets {
            self.resolve(name).await.map_err(|fault| Failure::usage(fault.chain()))?;
        }
        Ok(())
    }
}

impl Secrets for SecretSource {
    async fn resolve(&self, name: &SecretName) -> Result<Secret, Fault> {
        match self {
            Self::Local(own) => own.resolve(name).await,
            Self::Aws(own) => own.resolve(name).await,
        }
    }
}
