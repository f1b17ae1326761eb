//! Deliveries: tasks received, hidden from others for a while.

use crate::name::QueueName;
use crate::time::Timestamp;

/// A message received from a queue. Its body isn't read yet, so that one bad body can't spoil the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Proves that this delivery is the latest one; settles and extends it.
    pub receipt: Receipt,
    /// The queue it came from.
    pub queue: QueueName,
    /// What lies in the queue; see [`crate::envelope::Envelope::decode`].
    pub body: Vec<u8>,
    /// How many times it was received, this time included. Not the number of attempts.
    pub receives: u32,
    /// Until when it is hidden from others. After that instant it may be somebody else's: hands off.
    pub hidden_until: Timestamp,
}

/// What the queue gave with a delivery to settle or extend it by. Only its adapter knows what it means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);
