//! Keeps the vault of a limit's secrets up to date.

use std::sync::{Arc, Mutex, PoisonError};

use jobq_core::name::SecretName;
use jobq_core::ports::secrets::Secrets;

use super::vault::{Found, Vault};

/// Reads a limit's secrets, and makes a vault of them only when one has changed.
pub(crate) struct Keyring<S> {
    secrets: S,
    names: Vec<SecretName>,
    latest: Mutex<Arc<Vault>>,
}

impl<S: Secrets> Keyring<S> {
    pub(crate) fn new(secrets: S, names: Vec<SecretName>) -> Self {
        Self { secrets, names, latest: Mutex::default() }
    }

    /// The values as they are now. All of them, whatever this call names: its answer may hold what an earlier
    /// call has put there. So one that can't be read is no failure yet.
    pub(crate) async fn open(&self) -> Arc<Vault> {
        let mut found: Vec<Found> = Vec::with_capacity(self.names.len());
        for name in &self.names {
            found.push(self.secrets.resolve(name).await.map_err(|fault| fault.chain()));
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if !latest.holds(&found) {
            *latest = Arc::new(Vault::new(self.names.iter().cloned().zip(found)));
        }
        Arc::clone(&latest)
    }
}
