//! What came of a deployment, as it is told.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::changes::Changes;
use super::package::Package;
use crate::readings::{row, table};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Done {
    /// The changes were made.
    Deployed,
    /// The changes were only looked at.
    Looked,
    /// There was nothing to change.
    Nothing,
}

/// The stack after a deployment.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) stack: String,
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) done: Done,
    pub(crate) changes: Changes,
    pub(crate) programs: Vec<ProgramReport>,
    pub(crate) outputs: BTreeMap<String, String>,
    /// The same for people.
    #[serde(skip)]
    pub(crate) told: Vec<(String, String)>,
}

/// A program of the functions.
#[derive(Debug, Serialize)]
pub(crate) struct ProgramReport {
    program: &'static str,
    key: String,
    bytes: usize,
    zipped_bytes: usize,
}

impl From<&Package> for ProgramReport {
    fn from(package: &Package) -> Self {
        Self {
            program: package.program.name(),
            key: package.key(),
            bytes: package.unzipped,
            zipped_bytes: package.zip.len(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.done != Done::Deployed {
            return self.changes.fmt(f);
        }
        let rows: Vec<Vec<String>> =
            self.told.iter().map(|(description, value)| row([description, value])).collect();
        table(f, &rows)
    }
}
