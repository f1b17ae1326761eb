//! Likeness: what a task is recognised by when it is pushed a second time.

use std::fmt;
use std::time::Duration;

use crate::settlement::Parcel;
use crate::time::Timestamp;

/// A digest of what makes two tasks alike: 128 bits of a cryptographic one, for tasks that share it are taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Likeness([u8; 16]);

impl Likeness {
    /// The digest with these bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A parcel that is to be sent unless its like was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// The parcel.
    pub parcel: Parcel,
    /// How long it stays hidden.
    pub delay: Duration,
    /// The line of its source, which tells it from the others of its batch.
    pub line: u64,
    /// What it is recognised by.
    pub likeness: Likeness,
    /// Until when its like is left out once it is sent; this instant is the first at which it isn't.
    pub until: Timestamp,
}

/// What became of a [`Single`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It is in the queue.
    Sent,
    /// Its like was sent before, and it wasn't.
    Duplicate,
}
