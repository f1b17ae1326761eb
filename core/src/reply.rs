//! What came back from a call: a reply, or the reason there is none.

/// An API's whole answer to one request. Redirects are answers too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Why a call brought no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The time allowed for the call ran out.
    #[error("no whole answer within {0:?}")]
    Timeout(std::time::Duration),
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Connection(String),
    /// The answer is larger than the queue's `max_response`, in bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The task may not call there, or names a secret it may not have. Never tried again.
    #[error("{0}")]
    Forbidden(String),
    /// A secret could not be had now.
    #[error("{0}")]
    Secret(String),
    /// The call panicked. A fault of this program, kept to the one task.
    #[error("the call panicked: {0}")]
    Panicked(String),
}
