//! Where queues and the ledger live.

use std::fmt;
use std::str::FromStr;

/// Where queues and the ledger live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// One SQLite file on this machine.
    #[default]
    Local,
}

/// A word that names no backend of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// The design has it, this version hasn't.
    #[error("the aws backend is not in this version yet: only 'local' is")]
    Later,
    /// No version has it.
    #[error("'{0}' is not a backend: use local")]
    Unknown(String),
}

impl FromStr for Backend {
    type Err = BackendError;

    fn from_str(text: &str) -> Result<Self, BackendError> {
        match text {
            "local" => Ok(Self::Local),
            "aws" => Err(BackendError::Later),
            other => Err(BackendError::Unknown(other.to_owned())),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
        }
    }
}
