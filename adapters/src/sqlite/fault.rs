//! What a failure of SQLite means to a caller, and what a person can do about it.

use jobq_core::fault::{Fault, FaultKind};
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// A failure of SQLite. Unlike [`rusqlite::Error`] it can be handed to everybody in a failed group.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    code: Option<ffi::Error>,
    text: String,
}

impl Failure {
    /// The thread that should have done it is gone.
    pub(super) fn gone() -> Self {
        Self { code: None, text: "the store's thread has ended".to_owned() }
    }

    /// The fault of an operation that failed like this.
    pub(super) fn fault(self, operation: String) -> Fault {
        let kind = self.kind();
        let cause = match self.hint() {
            Some(hint) => format!("{} ({hint})", self.text),
            None => self.text,
        };
        Fault::new(kind, operation).caused_by(cause)
    }

    fn kind(&self) -> FaultKind {
        match self.code.map(|error| error.code) {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FaultKind::Passing,
            Some(ErrorCode::DiskFull) => FaultKind::NoRoom,
            Some(ErrorCode::SystemIoFailure) if self.failed_to_write() => FaultKind::NoRoom,
            _ => FaultKind::Lasting,
        }
    }

    /// SQLite says "full" only for one of the reasons for which a file can't grow; a quota (EDQUOT), a file
    /// size limit (EFBIG) and a full disk under the shared-memory file come as failed writes.
    fn failed_to_write(&self) -> bool {
        let extended = self.code.map(|error| error.extended_code);
        matches!(
            extended,
            Some(
                ffi::SQLITE_IOERR_WRITE
                    | ffi::SQLITE_IOERR_FSYNC
                    | ffi::SQLITE_IOERR_TRUNCATE
                    | ffi::SQLITE_IOERR_SHMSIZE
            )
        )
    }

    fn hint(&self) -> Option<&'static str> {
        match self.code?.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some("another process is writing to it"),
            ErrorCode::DiskFull => Some("make room on its disk"),
            ErrorCode::SystemIoFailure if self.failed_to_write() => {
                Some("make room on its disk, or raise the limit on its size")
            }
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Some(
                "it is damaged or no SQLite file: move it away, with its -wal and -shm files, and push again",
            ),
            ErrorCode::CannotOpen => Some("its folder must exist and be writable"),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                Some("it and its folder must be writable for this user")
            }
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self { code: error.sqlite_error().copied(), text: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    //! Which kind each of SQLite's codes is.

    use super::*;

    #[test]
    fn codes_become_kinds() {
        let kind = |code| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            Failure::from(error).fault("test".to_owned()).kind()
        };
        assert_eq!(kind(ffi::SQLITE_BUSY), FaultKind::Passing);
        assert_eq!(kind(ffi::SQLITE_BUSY_SNAPSHOT), FaultKind::Passing);
        assert_eq!(kind(ffi::SQLITE_FULL), FaultKind::NoRoom);
        assert_eq!(kind(ffi::SQLITE_IOERR_WRITE), FaultKind::NoRoom);
        assert_eq!(kind(ffi::SQLITE_IOERR_READ), FaultKind::Lasting);
        assert_eq!(kind(ffi::SQLITE_CORRUPT), FaultKind::Lasting);
        assert_eq!(kind(ffi::SQLITE_NOTADB), FaultKind::Lasting);
        assert_eq!(kind(ffi::SQLITE_READONLY), FaultKind::Lasting);
    }
}
