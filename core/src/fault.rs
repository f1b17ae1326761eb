//! Faults: what a port answers when the outside world fails.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A failed operation on a port. It names the operation and what it was done to; the source tells the rest.
#[derive(Debug)]
pub struct Fault {
    kind: FaultKind,
    operation: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a caller can do about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Passing: busy, unreachable, over a service's own limit.
    Passing,
    /// There is no room to write. It passes when somebody makes room.
    NoRoom,
    /// Trying again can't help: corrupt, from a newer version, not permitted.
    Lasting,
}

/// Whether an operation may be tried again, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Not at all.
    Never,
    /// After this long.
    After(Duration),
}

impl Fault {
    /// A fault of this kind while doing `operation`.
    pub fn new(kind: FaultKind, operation: impl Into<String>) -> Self {
        Self { kind, operation: operation.into(), source: None }
    }

    /// The same fault with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }

    /// Whether and when to try again.
    pub fn advice(&self) -> Advice {
        match self.kind {
            FaultKind::Passing => Advice::After(Duration::from_millis(200)),
            FaultKind::NoRoom => Advice::After(Duration::from_secs(1)),
            FaultKind::Lasting => Advice::Never,
        }
    }

    /// The operation and every cause behind it in one line.
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            next = cause.source();
        }
        line
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.operation)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
