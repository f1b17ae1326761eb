//! Secrets from the stack's store: SSM Parameter Store or Secrets Manager.
//!
//! With this backend secrets are read from there alone, on a laptop too: everybody who drains a queue has the same
//! values, and none of them depends on what somebody's shell happens to export.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::SecretName;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::secrets::{Secret, Secrets};
use jobq_core::stack::Stack;

use self::store::Store;
use super::sdk::Sdk;

mod store;

/// How long a value is used before it is asked for again: a rotated one is noticed, and a thousand calls a second
/// ask no more often than one does.
const FRESH: Duration = Duration::from_secs(300);

/// How long a value stays in use when it couldn't be asked for anew for a passing reason, before the next try.
const AGAIN: Duration = Duration::from_secs(10);

/// Secrets from the stack's store. That there is none isn't remembered: somebody may be putting it there.
pub struct AwsSecrets<C> {
    store: Store,
    clock: C,
    slots: Mutex<HashMap<SecretName, Arc<Slot>>>,
}

/// What is known of one secret. Whoever asks the store for it holds this, so that there is one request at a time.
type Slot = tokio::sync::Mutex<Option<Known>>;

struct Known {
    secret: Secret,
    /// By the clock's uptime.
    fresh_until: Duration,
}

impl<C> AwsSecrets<C> {
    /// The secrets of a stack. Asks nothing of AWS yet.
    pub fn open(sdk: &Sdk, stack: Stack, clock: C) -> Self {
        Self { store: Store::open(sdk, stack), clock, slots: Mutex::default() }
    }

    fn slot(&self, name: &SecretName) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(name.clone()).or_default())
    }
}

impl<C: Clock> Secrets for AwsSecrets<C> {
    async fn resolve(&self, name: &SecretName) -> Result<Secret, Fault> {
        let slot = self.slot(name);
        let mut known = slot.lock().await;
        if let Some(known) = known.as_ref()
            && self.clock.uptime() < known.fresh_until
        {
            return Ok(known.secret.clone());
        }
        match (self.store.fetch(name).await, known.as_mut()) {
            (Ok(secret), _) => {
                let fresh_until = self.clock.uptime().saturating_add(FRESH);
                *known = Some(Known { secret: secret.clone(), fresh_until });
                Ok(secret)
            }
            (Err(fault), Some(known)) if fault.kind() == FaultKind::Passing => {
                known.fresh_until = self.clock.uptime().saturating_add(AGAIN);
                Ok(known.secret.clone())
            }
            (Err(fault), _) => {
                *known = None;
                Err(fault)
            }
        }
    }
}
