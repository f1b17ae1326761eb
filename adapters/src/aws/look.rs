//! A look into a dead-letter queue. SQS shows nothing without giving it out, so a look receives every letter, hides it
//! for a minute at most, and hands all of them back when it has seen them.
//!
//! It costs requests: one for ten letters, one for ten to hand back, and about a dozen that find nothing. Nobody is
//! harmed by the receives it counts, because letters are moved on by none. Of more letters than can be received in a
//! minute (about a hundred thousand), it may miss some.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as Attribute};
use futures::future::join_all;
use jobq_core::fault::Fault;
use jobq_core::ports::clock::Clock;

use super::address::Address;
use super::store::{AwsStore, locked};

/// Receives at once. Each asks all of SQS's hosts when it waits.
const LOOKERS: usize = 4;

/// A looker stops when so many receives in a row showed it nothing new.
const QUIET: usize = 2;

/// How long letters are hidden while the look goes on, in seconds.
const HIDDEN: i32 = 60;

/// How long a receive waits for a first letter, in seconds: waiting at all is what makes it ask every host.
const WAIT: i32 = 1;

/// Requests to hand back under way at once.
const AT_ONCE: usize = 16;

/// How many looks are kept to be read on. Whoever reads several lists at once reads few.
const KEPT: usize = 8;

/// What looks found, oldest first, each with its number.
#[derive(Debug, Default)]
pub(super) struct Looks {
    next: u64,
    kept: Vec<(u64, Vec<Vec<u8>>)>,
}

impl Looks {
    /// Keeps what a look found, and answers with its number. The oldest one makes room.
    pub(super) fn keep(&mut self, letters: Vec<Vec<u8>>) -> u64 {
        let number = self.next;
        self.next += 1;
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push((number, letters));
        number
    }

    /// What a look found, if it is still kept.
    pub(super) fn letters(&self, number: u64) -> Option<&[Vec<u8>]> {
        self.kept.iter().find(|(known, _)| *known == number).map(|(_, letters)| letters.as_slice())
    }

    /// Forgets a look that was read to its end.
    pub(super) fn forget(&mut self, number: u64) {
        self.kept.retain(|(known, _)| *known != number);
    }
}

/// A letter as it was seen last.
struct Seen {
    sent_at: u64,
    handle: String,
    body: Vec<u8>,
}

impl<C: Clock> AwsStore<C> {
    /// Every letter of a queue, oldest first; those of one millisecond in any order, but always the same.
    pub(super) async fn look(&self, operation: &str, at: &Address) -> Result<Vec<Vec<u8>>, Fault> {
        let seen = Mutex::new(HashMap::new());
        let lookers = (0..LOOKERS).map(|_| self.collect(operation, at, &seen));
        let looked: Vec<Result<(), Fault>> = join_all(lookers).await;
        let seen = seen.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Handed back before any fault is told: what was seen is hidden from others.
        let handles = seen.values().map(|seen| seen.handle.as_str()).enumerate().collect();
        let told = self.hide_all(operation, at.name.clone(), handles, 0, AT_ONCE).await;
        looked.into_iter().collect::<Result<(), Fault>>()?;
        told.fault.map_or(Ok(()), Err)?;
        let mut letters: Vec<(String, Seen)> = seen.into_iter().collect();
        letters.sort_by(|(a, one), (b, other)| (one.sent_at, a).cmp(&(other.sent_at, b)));
        Ok(letters.into_iter().map(|(_, seen)| seen.body).collect())
    }

    /// Receives until nothing new comes.
    async fn collect(
        &self,
        operation: &str,
        at: &Address,
        seen: &Mutex<HashMap<String, Seen>>,
    ) -> Result<(), Fault> {
        let mut quiet = 0;
        while quiet < QUIET {
            let request = self.shared.polls.receive_message().queue_url(&at.url);
            let request = request
                .max_number_of_messages(10)
                .visibility_timeout(HIDDEN)
                .wait_time_seconds(WAIT)
                .message_system_attribute_names(Attribute::SentTimestamp);
            let received = request.send().await.map_err(|error| self.queue_fault(operation, at, error))?;
            let mut seen = locked(seen);
            let mut news = received.messages.unwrap_or_default().into_iter().filter_map(letter);
            // The latest handle counts: it alone shows the letter again.
            let is_new =
                news.by_ref().fold(false, |new, (id, letter)| seen.insert(id, letter).is_none() || new);
            quiet = if is_new { 0 } else { quiet + 1 };
        }
        Ok(())
    }
}

/// A letter under its id. SQS gives every message an id and a handle.
fn letter(message: Message) -> Option<(String, Seen)> {
    let sent_at = message.attributes.as_ref().and_then(|told| told.get(&Attribute::SentTimestamp));
    let sent_at = sent_at.and_then(|millis| millis.parse().ok()).unwrap_or_default();
    let body = message.body.unwrap_or_default().into_bytes();
    Some((message.message_id?, Seen { sent_at, handle: message.receipt_handle?, body }))
}
