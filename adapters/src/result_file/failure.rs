//! What a file's failure means to a caller, and what a person can do about it.

use std::io::{Error, ErrorKind};
use std::path::Path;

use jobq_core::fault::{Fault, FaultKind};

/// A failure to write. Unlike [`Error`] it can be handed to everybody whose lines were in one write.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    kind: ErrorKind,
    text: String,
}

impl Failure {
    /// The thread that should have written is gone.
    pub(super) fn gone() -> Self {
        Error::other("the thread that writes them has ended").into()
    }

    /// The fault of an append to `place` that failed like this.
    pub(super) fn fault(self, place: &Path) -> Fault {
        let operation = format!("write results to {}", place.display());
        let cause = match self.hint() {
            Some(hint) => format!("{} ({hint})", self.text),
            None => self.text.clone(),
        };
        Fault::new(self.advice(), operation).caused_by(cause)
    }

    fn advice(&self) -> FaultKind {
        match self.kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => FaultKind::NoRoom,
            ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::AlreadyExists
            | ErrorKind::IsADirectory
            | ErrorKind::Unsupported
            | ErrorKind::Other => FaultKind::Lasting,
            _ => FaultKind::Passing,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self.kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some("make room on its disk"),
            ErrorKind::FileTooLarge => Some("raise the limit on a file's size, see 'ulimit -f'"),
            ErrorKind::PermissionDenied => Some("it and its folder must be writable for this user"),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Some("a part of its path is a file"),
            ErrorKind::IsADirectory => Some("a folder has the name of a file: choose another place"),
            _ => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { kind: error.kind(), text: error.to_string() }
    }
}
