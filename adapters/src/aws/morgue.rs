//! Walks through dead letters. SQS shows nothing without giving it out, so a round receives every letter, which hides
//! it for a minute, and hands back what it didn't end.
//!
//! It costs requests: one for ten letters, one for ten to hand back, and about a dozen that find nothing. Nobody is
//! harmed by the receives it counts, because letters are moved on by none. Of more letters than can be received in a
//! minute (about a hundred thousand), it may miss some.
//!
//! Sending back is three writes, its task's count, the copy and then the delete, and a crash between them leaves the letter,
//! to be ended once more. The copy says which letter it came from, and whoever receives it asks the ledger whether it is
//! the one that counts: see `twins`.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::{Message as Received, MessageSystemAttributeName as Attribute};
use futures::StreamExt;
use futures::future::join_all;
use jobq_core::fault::Fault;
use jobq_core::letter::LetterId;
use jobq_core::name::{BatchId, QueueName};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::morgue::{Fate, Found, Morgue, Round};
use jobq_core::settlement::Settled;
use jobq_core::task::TaskId;
use jobq_core::time::Timestamp;

use super::address::Address;
use super::packing::Message;
use super::page::{Note, Noted};
use super::store::AwsStore;
use super::tens::{Answer, Told};
use super::twins::DROPPED;

/// Receives at once. Each asks all of SQS's hosts when it waits.
const RECEIVES: usize = 4;

/// The round is over when so many times in a row none of them showed anything new.
const QUIET: u32 = 2;

/// How long letters are hidden while the round goes on, in seconds.
const HIDDEN: i32 = 60;

/// How long before that time is up a letter isn't touched any more: what is asked for then may come too late.
const MARGIN: Duration = Duration::from_secs(15);

/// How long a receive waits for a first letter, in seconds: waiting at all is what makes it ask every host.
const WAIT: i32 = 1;

/// Requests under way at once, of each kind.
const AT_ONCE: usize = 16;

/// A walk through the letters of a queue.
pub struct AwsRound<C> {
    store: AwsStore<C>,
    queue: QueueName,
    /// Every letter shown, as it was shown last; those that were ended among them.
    seen: HashMap<LetterId, Seen>,
    quiet: u32,
    /// How many letters were shown once more since the last new one.
    again: usize,
}

/// A letter as it was shown last.
struct Seen {
    handle: String,
    hidden_until: Timestamp,
    ended: bool,
}

/// A letter to be ended, with its number among those asked for.
struct Ending {
    number: usize,
    letter: LetterId,
    handle: String,
    fate: Fate,
}

impl<C: Clock + Clone> Morgue for AwsStore<C> {
    type Round = AwsRound<C>;

    fn round(&self, queue: &QueueName) -> AwsRound<C> {
        AwsRound { store: self.clone(), queue: queue.clone(), seen: HashMap::new(), quiet: 0, again: 0 }
    }
}

impl<C: Clock> Round for AwsRound<C> {
    async fn next(&mut self) -> Result<Vec<Found>, Fault> {
        let operation = format!("list the dead letters of queue '{}'", self.queue);
        let Some(at) = self.store.look_up(&operation, self.letters()).await? else {
            return Ok(Vec::new());
        };
        // Letters whose minute is over are shown again, and others may lie behind them; but not for ever.
        while self.quiet < QUIET && self.again <= self.seen.len() {
            let before = self.again;
            let found = self.receive(&operation, &at).await?;
            if !found.is_empty() {
                (self.quiet, self.again) = (0, 0);
                return Ok(found);
            }
            self.quiet = if self.again > before { 0 } else { self.quiet + 1 };
        }
        Ok(Vec::new())
    }

    async fn end(&mut self, fates: Vec<(LetterId, Fate)>) -> Result<Vec<Settled>, Fault> {
        let operation = format!("end dead letters of queue '{}'", self.queue);
        let mut settled = vec![Settled::Stale; fates.len()];
        let endings = self.ours(fates);
        let (decided, mut fault) = self.decide(&operation, &endings).await;
        let handles = decided.iter().map(|(ending, _)| (ending.number, ending.handle.as_str())).collect();
        let deleted = self.store.delete_all(&operation, self.letters(), handles, AT_ONCE).await;
        fault = fault.or(deleted.fault);
        for (ending, held) in &decided {
            settled[ending.number] = *held;
        }
        // What couldn't be deleted is shown again when the round is closed; its copy counts all the same.
        for (number, _) in &deleted.answers {
            let ended = endings.iter().find(|ending| ending.number == *number);
            if let Some(seen) = ended.and_then(|ending| self.seen.get_mut(&ending.letter)) {
                seen.ended = true;
            }
        }
        fault.map_or(Ok(settled), Err)
    }

    async fn close(self) -> Result<(), Fault> {
        let operation = format!("hand back the dead letters of queue '{}'", self.queue);
        let handles = self.seen.values().filter(|seen| !seen.ended).map(|seen| seen.handle.as_str());
        let handles: Vec<(usize, &str)> = handles.enumerate().collect();
        if handles.is_empty() {
            return Ok(());
        }
        // What SQS refuses has come back by itself.
        let told = self.store.hide_all(&operation, self.letters(), handles, 0, AT_ONCE).await;
        told.fault.map_or(Ok(()), Err)
    }
}

impl<C: Clock> AwsRound<C> {
    /// What SQS calls the queue of the letters.
    fn letters(&self) -> String {
        self.store.shared.stack.dead_letter_queue(&self.queue)
    }

    /// Receives several times at once; answers with what wasn't shown before.
    async fn receive(&mut self, operation: &str, at: &Address) -> Result<Vec<Found>, Fault> {
        // From before the requests: when SQS began to count isn't told.
        let hidden = Duration::from_secs(u64::try_from(HIDDEN).unwrap_or_default());
        let hidden_until = self.store.clock.now().plus(hidden);
        let requests = (0..RECEIVES).map(|_| {
            let request = self.store.shared.polls.receive_message().queue_url(&at.url);
            let request =
                request.max_number_of_messages(10).visibility_timeout(HIDDEN).wait_time_seconds(WAIT);
            request.message_system_attribute_names(Attribute::SentTimestamp).send()
        });
        let mut news = Vec::new();
        let mut fault = None;
        for received in join_all(requests).await {
            match received {
                Ok(received) => {
                    let messages = received.messages.unwrap_or_default();
                    news.extend(messages.into_iter().filter_map(|message| self.note(message, hidden_until)));
                }
                Err(error) => fault = Some(self.store.queue_fault(operation, at, error)),
            }
        }
        fault.map_or(Ok(news), Err)
    }

    /// Notes a letter; answers with it if it is new. SQS gives every message an id and a handle, of which the latest
    /// alone is good.
    fn note(&mut self, message: Received, hidden_until: Timestamp) -> Option<Found> {
        let sent_at = message.attributes.as_ref().and_then(|told| told.get(&Attribute::SentTimestamp));
        let millis: Option<u64> = sent_at.and_then(|millis| millis.parse().ok());
        let id = LetterId(message.message_id?);
        let seen = Seen { handle: message.receipt_handle?, hidden_until, ended: false };
        let is_new = self.seen.insert(id.clone(), seen).is_none();
        self.again += usize::from(!is_new);
        let body = message.body.unwrap_or_default().into_bytes();
        let arrived = millis.map(|millis| Timestamp::from_micros(millis.saturating_mul(1_000)));
        is_new.then_some(Found { id, body, arrived })
    }

    /// Those of the letters that this round still holds.
    fn ours(&self, fates: Vec<(LetterId, Fate)>) -> Vec<Ending> {
        let now = self.store.clock.now().plus(MARGIN);
        let mut ours = Vec::with_capacity(fates.len());
        for (number, (letter, fate)) in fates.into_iter().enumerate() {
            if let Some(seen) = self.seen.get(&letter).filter(|seen| !seen.ended && seen.hidden_until > now) {
                ours.push(Ending { number, letter, handle: seen.handle.clone(), fate });
            }
        }
        ours
    }

    /// Makes the ends durable: after that the letters themselves may go. What can't be isn't among the answers.
    async fn decide<'a>(
        &self,
        operation: &str,
        endings: &'a [Ending],
    ) -> (Vec<(&'a Ending, Settled)>, Option<Fault>) {
        let (mut decided, mut fault) = self.decided_before(operation, endings).await;
        let is_decided = |ending: &Ending| decided.iter().any(|(other, _)| other.number == ending.number);
        let open: Vec<&Ending> = endings.iter().filter(|ending| !is_decided(ending)).collect();
        // Before they are sent: a copy's end must find its task open. What a crash leaves open is closed by the next try.
        if fault.is_none() {
            fault = self.count_back(&open).await.err();
        }
        // What can't be looked up isn't sent: somebody may have dropped it.
        let sent = if fault.is_none() { self.send_back(operation, &open).await } else { Told::default() };
        fault = fault.or(sent.fault);
        for (number, answer) in sent.answers {
            let ending = endings.iter().find(|ending| ending.number == number);
            decided.extend(ending.filter(|_| answer == Answer::Held).map(|ending| (ending, Settled::Held)));
        }
        let mut jobs = Vec::new();
        for ending in endings.iter().filter(|ending| ending.fate == Fate::Drop) {
            jobs.push(async move { (ending, self.store.claim(operation, &ending.letter.0, DROPPED).await) });
        }
        let mut claims = futures::stream::iter(jobs).buffer_unordered(AT_ONCE);
        while let Some((ending, claimed)) = claims.next().await {
            match claimed {
                Ok(true) => decided.push((ending, Settled::Held)),
                // It was sent back before, by somebody who couldn't delete it any more.
                Ok(false) => decided.push((ending, Settled::Stale)),
                Err(failure) => fault = fault.or(Some(failure)),
            }
        }
        (decided, fault)
    }

    /// Letters to be sent back that another round has dropped, or sent back so that the copy was received: nothing is
    /// left of them but themselves.
    async fn decided_before<'a>(
        &self,
        operation: &str,
        endings: &'a [Ending],
    ) -> (Vec<(&'a Ending, Settled)>, Option<Fault>) {
        let back = endings.iter().filter(|ending| matches!(ending.fate, Fate::SendBack { .. }));
        let asked = back
            .map(|ending| async move { (ending, self.store.is_claimed(operation, &ending.letter.0).await) });
        let mut asked = futures::stream::iter(asked.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
        let (mut decided, mut fault) = (Vec::new(), None);
        while let Some((ending, claimed)) = asked.next().await {
            match claimed {
                Ok(true) => decided.push((ending, Settled::Stale)),
                Ok(false) => {}
                Err(failure) => fault = fault.or(Some(failure)),
            }
        }
        (decided, fault)
    }

    async fn send_back(&self, operation: &str, endings: &[&Ending]) -> Told {
        let mut told = Told::default();
        let mut lanes: HashMap<String, Vec<(usize, Message)>> = HashMap::new();
        for ending in endings {
            let Fate::SendBack { copy, .. } = &ending.fate else {
                continue;
            };
            match self.store.task(operation, copy, Duration::ZERO) {
                Ok(message) => {
                    let stamp = format!("{:x}-{}", self.store.clock.now().as_nanos(), ending.number);
                    let message = message.in_place_of(&ending.letter.0, &stamp);
                    let lane = self.store.shared.stack.lane(&self.queue, copy.priority);
                    lanes.entry(lane).or_default().push((ending.number, message));
                }
                Err(fault) => told.add(Told::failed(fault)),
            }
        }
        for (lane, messages) in lanes {
            told.add(self.store.send_all(operation, lane, messages, AT_ONCE).await);
        }
        told
    }

    /// Counts what goes back as open: each task that its batch counts as dead, once.
    async fn count_back(&self, endings: &[&Ending]) -> Result<(), Fault> {
        let mut batches: HashMap<&BatchId, Vec<&TaskId>> = HashMap::new();
        for ending in endings {
            if let Fate::SendBack { counted: Some(dead), .. } = &ending.fate {
                batches.entry(&dead.batch).or_default().push(&dead.task);
            }
        }
        for (batch, tasks) in batches {
            let note = |task| Noted { task, queue: &self.queue, note: Note::Back };
            self.store.count_tasks(batch, tasks.into_iter().map(note)).await?;
        }
        Ok(())
    }
}
