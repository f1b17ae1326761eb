//! Finds the values behind secrets' names.

use std::fmt;
use std::future::Future;

use crate::fault::Fault;
use crate::name::SecretName;

/// A secret's value. It has no way into a log line: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for putting it into a request.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Finds the values behind secrets' names.
pub trait Secrets: Send + Sync {
    /// Reads a secret as it is now. The fault names the secret and where it was looked for, never a value.
    fn resolve(&self, name: &SecretName) -> impl Future<Output = Result<Secret, Fault>> + Send;
}
