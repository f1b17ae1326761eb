//! Where queues and the ledger live.

use std::fmt;
use std::str::FromStr;

/// Where queues and the ledger live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// One SQLite file on this machine.
    #[default]
    Local,
    /// A stack in an AWS account: SQS, DynamoDB, Lambda, S3.
    Aws,
}

/// A word that names no backend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a backend: use local or aws")]
pub struct BackendError(String);

impl FromStr for Backend {
    type Err = BackendError;

    fn from_str(text: &str) -> Result<Self, BackendError> {
        match text {
            "local" => Ok(Self::Local),
            "aws" => Ok(Self::Aws),
            other => Err(BackendError(other.to_owned())),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Aws => "aws",
        })
    }
}
