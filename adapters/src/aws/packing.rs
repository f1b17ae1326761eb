//! Messages ready to be sent, packed into requests.

use std::num::NonZeroUsize;
use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::policy::chunk::{Chunks, Limits};
use jobq_core::stack::LONGEST_DELAY;

use super::text::sendable;

/// The most entries of any request of SQS that takes several.
pub(super) const ENTRIES: usize = 10;

/// The largest message of SQS, and the largest sum of a request's messages, in bytes.
const BYTES: usize = 1 << 20;

/// A message ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) body: String,
    /// In whole seconds, as SQS counts.
    pub(super) delay: i32,
    /// The dead letter it is a copy of, and what tells this copy from others.
    pub(super) letter: Option<(String, String)>,
    /// The batch it is sent as one of, where SQS is to be fair to batches.
    pub(super) group: Option<String>,
}

impl Message {
    /// A message hidden for the delay, or for as long as SQS can hide one.
    pub(super) fn new(operation: &str, body: Vec<u8>, delay: Duration) -> Result<Self, Fault> {
        let refused = |cause: String| Fault::new(FaultKind::Lasting, operation).caused_by(cause);
        let body = sendable(body).ok_or_else(|| refused("the message isn't text".to_owned()))?;
        if body.len() > BYTES {
            let cause = format!("the task makes a message of {} bytes, SQS takes {BYTES}", body.len());
            return Err(refused(cause));
        }
        Ok(Self { body, delay: seconds(delay, LONGEST_DELAY), letter: None, group: None })
    }

    /// The same, as one of this batch.
    pub(super) fn of(self, batch: &BatchId) -> Self {
        Self { group: Some(batch.to_string()), ..self }
    }

    /// The same, as a copy of a dead letter.
    pub(super) fn in_place_of(self, letter: &str, copy: &str) -> Self {
        Self { letter: Some((letter.to_owned(), copy.to_owned())), ..self }
    }
}

/// A length in the whole seconds that SQS counts in: rounded up, for what is hidden must not be seen too soon, and at
/// most `longest`.
pub(super) fn seconds(length: Duration, longest: Duration) -> i32 {
    let length = length.min(longest);
    let whole = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

/// Groups messages, each with what tells it from others, into as few requests as their order allows.
pub(super) fn pack<T>(messages: Vec<(T, Message)>) -> Vec<Vec<(T, Message)>> {
    let most = |number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
    let mut chunks = Chunks::new(Limits { count: most(ENTRIES), bytes: most(BYTES) });
    let mut packed = Vec::new();
    for (tag, message) in messages {
        let bytes = message.body.len();
        // No message is larger than a request: none was made larger.
        if let Ok(Some(chunk)) = chunks.add((tag, message), bytes) {
            packed.push(chunk);
        }
    }
    packed.push(chunks.close());
    packed.retain(|chunk| !chunk.is_empty());
    packed
}

#[cfg(test)]
mod tests {
    //! No request is more than SQS takes, and nothing is lost on the way into it.

    use proptest::prelude::{Just, prop};
    use proptest::{prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn message(bytes: usize) -> Message {
        Message { body: "x".repeat(bytes), delay: 0, letter: None, group: None }
    }

    #[test]
    fn a_message_may_be_as_large_as_a_request() {
        assert!(Message::new("send", vec![b'x'; BYTES], Duration::ZERO).is_ok());
        assert_eq!(pack(vec![(0, message(BYTES)), (1, message(1)), (2, message(BYTES))]).len(), 3);
        let fault = Message::new("send", vec![b'x'; BYTES + 1], Duration::ZERO).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Lasting);
        assert!(fault.chain().contains("1048577 bytes"), "{}", fault.chain());
    }

    #[test]
    fn seconds_are_rounded_up_and_bounded() {
        let minute = Duration::from_secs(60);
        let told = |millis| seconds(Duration::from_millis(millis), minute);
        assert_eq!([told(0), told(1), told(1_000), told(1_001), told(600_000)], [0, 1, 1, 2, 60]);
    }

    proptest! {
        #[test]
        fn requests_hold_ten_and_a_mebibyte(
            sizes in prop::collection::vec(proptest::prop_oneof![1_usize..200, 90_000_usize..300_000, Just(BYTES)], 0..40),
        ) {
            let messages = sizes.iter().map(|size| message(*size)).enumerate().collect();
            let packed = pack(messages);
            for chunk in &packed {
                prop_assert!((1..=ENTRIES).contains(&chunk.len()));
                prop_assert!(chunk.iter().map(|(_, message)| message.body.len()).sum::<usize>() <= BYTES);
            }
            let order: Vec<usize> = packed.iter().flatten().map(|(tag, _)| *tag).collect();
            prop_assert_eq!(order, (0..sizes.len()).collect::<Vec<_>>());
        }
    }
}
