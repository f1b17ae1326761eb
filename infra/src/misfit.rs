//! What AWS would refuse of a configuration that is right in itself.

use std::fmt;

/// One thing of a configuration that no stack can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Misfit {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it, in one line.
    pub hint: String,
}

/// The message, and the hint on a line of its own.
impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  hint: {}", self.message, self.hint)
    }
}

impl Misfit {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}
