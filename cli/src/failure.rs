//! Why a command could not do what was asked. The kind alone decides the exit code.

use jobq_core::config::problem::Problem;
use jobq_core::fault::{Fault, FaultKind};
use jobq_producer::push::PushError;
use jobq_producer::source::SourceError;

use crate::exit::Exit;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// One line; of several configuration problems, one each.
    pub(crate) message: String,
    /// What to type or change.
    pub(crate) hints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What was typed, or a file that was named, is wrong.
    Usage,
    /// The outside world failed.
    Failed,
}

impl Failure {
    /// What was typed, or a file that was named, is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, message: message.into(), hints: Vec::new() }
    }

    /// The outside world failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into(), hints: Vec::new() }
    }

    /// The same failure with what to type or change.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self.kind {
            Kind::Usage => Exit::Usage,
            Kind::Failed => Exit::Failed,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let failure = Self::failed(fault.chain());
        match fault.kind() {
            FaultKind::NoRoom => failure.hint("make room on the disk and run it again: nothing is lost"),
            FaultKind::Passing => failure.hint("try again: nothing is lost"),
            FaultKind::Lasting => failure,
        }
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Self::usage(lines.join("\n"))
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            message = format!("{message}: {next}");
            cause = next.source();
        }
        Self::usage(message)
    }
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        match error {
            PushError::Outbox(fault) => {
                Self::from(fault).hint("push the same file again to go on where it stopped")
            }
            PushError::Source(error) => Self::from(error),
            error @ (PushError::StrictStream | PushError::Refused { .. } | PushError::Foreign { .. }) => {
                Self::usage(error.to_string())
            }
        }
    }
}
