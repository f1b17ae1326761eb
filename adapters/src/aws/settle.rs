//! Ends deliveries: copies and letters first, then what they replace is deleted, then the ledger counts.
//!
//! In that order nothing is lost by dying in between: a task may come twice, and may be missing in its batch's counts.
//! Whatever fails is a fault of the whole settlement, and settling again goes on from what was done; see [`Claim`].

use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt, join};
use jobq_core::fault::Fault;
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::settlement::{End, Settled, Settlement};

use super::book::{Claim, Stage};
use super::packing::Message;
use super::store::{AwsStore, locked};
use super::tens::{Answer, Told, all};

/// Requests under way at once, of each kind and queue: a thousand endings are a hundred deletes.
pub(super) const AT_ONCE: usize = 32;

/// What the faults of all of it say.
pub(super) const OPERATION: &str = "settle deliveries";

/// A delivery to end.
pub(super) struct Ending<'a> {
    pub(super) settlement: &'a Settlement,
    /// None if it isn't ours.
    pub(super) claim: Option<Claim<'a>>,
    /// Whether an earlier settlement asked to delete it, and never learned what became of that.
    doubtful: bool,
}

impl<C: Clock> AwsStore<C> {
    pub(super) async fn settle_all(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        let now = self.clock.now();
        let mut endings: Vec<Ending<'_>> = Vec::with_capacity(settlements.len());
        for settlement in settlements {
            let claim = Claim::make(&self.shared.book, &settlement.receipt, now);
            let doubtful = claim.as_ref().is_some_and(|claim| claim.stage() == Stage::Asked);
            endings.push(Ending { settlement, claim, doubtful });
        }
        let copied = self.send_copies(&endings).await;
        let mut fault = note(&mut endings, copied);
        fault = fault.or(self.grow(&mut endings).await);
        // Before it is asked for: the reply may be lost, and this future be dropped.
        endings.iter_mut().filter(|ending| ending.is_done()).for_each(|ending| ending.reach(Stage::Asked));
        let (deleted, released) = join!(self.delete(&endings), self.release(&endings));
        fault = fault.or(note(&mut endings, deleted));
        fault = fault.or(note(&mut endings, released));
        fault = fault.or(self.count_deleted(&mut endings).await);
        match fault {
            Some(fault) => Err(fault),
            None => Ok(endings.iter().map(Ending::settled).collect()),
        }
    }

    /// Sends the copies and letters that aren't durable yet.
    async fn send_copies(&self, endings: &[Ending<'_>]) -> Told {
        let stack = &self.shared.stack;
        let mut told = Told::default();
        let mut messages: HashMap<String, Vec<(usize, Message)>> = HashMap::new();
        for (number, ending) in at(endings, Stage::Hidden) {
            let queue = &ending.settlement.queue;
            let (to, message) = match &ending.settlement.end {
                End::Retry { copy, delay } => {
                    (stack.lane(queue, copy.priority), self.task(OPERATION, copy, *delay))
                }
                End::Dead { letter, .. } => {
                    (stack.dead_letter_queue(queue), Message::new(OPERATION, letter.clone(), Duration::ZERO))
                }
                End::Done { .. } | End::Skipped { .. } | End::Release => continue,
            };
            match message {
                Ok(message) => messages.entry(to).or_default().push((number, message)),
                Err(fault) => told.add(Told::failed(fault)),
            }
        }
        let mut jobs = Vec::new();
        for (to, messages) in messages {
            jobs.push(self.send_all(OPERATION, to, messages, AT_ONCE));
        }
        told.add(all(jobs, AT_ONCE).await);
        told
    }

    /// Deletes what is done, and what a copy or letter replaces.
    async fn delete(&self, endings: &[Ending<'_>]) -> Told {
        let ended = at(endings, Stage::Copied).chain(at(endings, Stage::Asked));
        let mut jobs = Vec::new();
        for (name, handles) in self.by_queue(ended) {
            jobs.push(self.delete_all(OPERATION, name, handles, AT_ONCE));
        }
        all(jobs, AT_ONCE).await
    }

    /// Shows what is handed back.
    async fn release(&self, endings: &[Ending<'_>]) -> Told {
        let released = at(endings, Stage::Hidden).filter(|(_, ending)| ending.settlement.end == End::Release);
        let mut jobs = Vec::new();
        for (name, handles) in self.by_queue(released) {
            jobs.push(self.hide_all(OPERATION, name, handles, 0, AT_ONCE));
        }
        all(jobs, AT_ONCE).await
    }

    /// Counts what is deleted: one write for each batch.
    async fn count_deleted(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let mut jobs = Vec::new();
        for (batch, ended) in ended(endings) {
            jobs.push(async move {
                let counted = self.count_ended(&batch, ended.done, ended.dead, ended.skipped).await;
                (ended.numbers, counted)
            });
        }
        let mut counted = futures::stream::iter(jobs).buffer_unordered(AT_ONCE);
        let mut fault = None;
        while let Some((numbers, counted)) = counted.next().await {
            match counted {
                Ok(()) => numbers.into_iter().for_each(|number| endings[number].reach(Stage::Ended)),
                Err(failure) => fault = fault.or(Some(failure)),
            }
        }
        fault
    }

    /// The handles of deliveries, each with its number, by the SQS queue they are of.
    fn by_queue<'a>(
        &self,
        endings: impl Iterator<Item = (usize, &'a Ending<'a>)>,
    ) -> HashMap<String, Vec<(usize, &'a str)>> {
        let mut handles: HashMap<String, Vec<(usize, &str)>> = HashMap::new();
        for (number, ending) in endings {
            let Settlement { queue, receipt, .. } = ending.settlement;
            let lane = locked(&self.shared.book).lane(receipt).unwrap_or_default();
            handles.entry(self.shared.stack.lane(queue, lane)).or_default().push((number, &receipt.0));
        }
        handles
    }
}

impl Ending<'_> {
    pub(super) fn is_at(&self, stage: Stage) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.stage() == stage)
    }

    /// Whether it is done and nothing has been asked for yet.
    fn is_done(&self) -> bool {
        self.is_at(Stage::Hidden)
            && match &self.settlement.end {
                End::Done { children, .. } => children.is_empty(),
                End::Skipped { .. } => true,
                End::Retry { .. } | End::Dead { .. } | End::Release => false,
            }
    }

    pub(super) fn reach(&mut self, stage: Stage) {
        if let Some(claim) = &mut self.claim {
            claim.reach(stage);
        }
    }

    /// Takes in what SQS made of its latest request.
    fn take_in(&mut self, answer: &Answer) {
        let Some(claim) = &mut self.claim else {
            return;
        };
        let next = match (claim.stage(), answer, &self.settlement.end) {
            (Stage::Hidden, Answer::Held, End::Retry { .. } | End::Dead { .. }) => Stage::Copied,
            (Stage::Hidden, Answer::Held, End::Release) => Stage::Ended,
            // What is replaced and can't be deleted comes back: once more is better than never.
            (Stage::Copied, ..) | (Stage::Asked, Answer::Held, _) => Stage::Deleted,
            // There is nothing to delete: the first time because it isn't ours, the second because it is done.
            (Stage::Asked, Answer::Refused(_), _) if self.doubtful => Stage::Deleted,
            _ => Stage::Hidden,
        };
        claim.reach(next);
    }

    fn settled(&self) -> Settled {
        if self.is_at(Stage::Ended) { Settled::Held } else { Settled::Stale }
    }
}

/// Takes in what became of requests; answers with their fault.
fn note(endings: &mut [Ending<'_>], told: Told) -> Option<Fault> {
    for (number, answer) in &told.answers {
        endings[*number].take_in(answer);
    }
    told.fault
}

/// Those whose end has come so far, each with its number.
fn at<'a, 'b>(
    endings: &'a [Ending<'b>],
    stage: Stage,
) -> impl Iterator<Item = (usize, &'a Ending<'b>)> + use<'a, 'b> {
    endings.iter().enumerate().filter(move |(_, ending)| ending.is_at(stage))
}

/// What of one batch is deleted and not counted.
#[derive(Default)]
struct Ended {
    done: u64,
    dead: u64,
    skipped: u64,
    numbers: Vec<usize>,
}

/// What is deleted, by batch. What isn't counted in any has ended.
fn ended(endings: &mut [Ending<'_>]) -> HashMap<BatchId, Ended> {
    let mut batches: HashMap<BatchId, Ended> = HashMap::new();
    for (number, ending) in endings.iter_mut().enumerate() {
        if !ending.is_at(Stage::Deleted) {
            continue;
        }
        let (of, done, dead, skipped) = match &ending.settlement.end {
            End::Done { of, .. } => (of, 1, 0, 0),
            End::Dead { of: Some(of), .. } => (of, 0, 1, 0),
            End::Skipped { of } => (of, 0, 0, 1),
            End::Dead { of: None, .. } | End::Retry { .. } | End::Release => {
                ending.reach(Stage::Ended);
                continue;
            }
        };
        let ended = batches.entry(of.batch.clone()).or_default();
        ended.done += done;
        ended.dead += dead;
        ended.skipped += skipped;
        ended.numbers.push(number);
    }
    batches
}
