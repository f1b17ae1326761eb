//! Receipts: which delivery of which message.

use jobq_core::delivery::Receipt;

/// A message and the token it had when it was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stub {
    pub(super) message: i64,
    pub(super) token: i64,
}

impl Stub {
    /// As it is handed to callers.
    pub(super) fn receipt(self) -> Receipt {
        Receipt(format!("{}:{}", self.message, self.token))
    }

    /// Reads a receipt; `None` if it isn't one of ours.
    pub(super) fn of(receipt: &Receipt) -> Option<Self> {
        let (message, token) = receipt.0.split_once(':')?;
        Some(Self { message: message.parse().ok()?, token: token.parse().ok()? })
    }
}
