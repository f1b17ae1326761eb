//! Ends deliveries: copies, letters and children first, then the ledger counts, then the messages are deleted.
//!
//! In that order nothing is lost by dying in between: a task may come twice, and is counted once however often it comes. If it
//! was its batch's last, that is told before it is deleted. Whatever fails is a fault of the whole settlement, and settling
//! again goes on from what was done; see [`Claim`].

use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt, join};
use jobq_core::batch::Member;
use jobq_core::fault::Fault;
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::settlement::{End, Settled, Settlement};

use super::book::{Claim, Stage};
use super::packing::Message;
use super::page::{Note, Noted};
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
}

impl<C: Clock> AwsStore<C> {
    pub(super) async fn settle_all(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, Fault> {
        let now = self.clock.now();
        let mut endings: Vec<Ending<'_>> = Vec::with_capacity(settlements.len());
        for settlement in settlements {
            let claim = Claim::make(&self.shared.book, &settlement.receipt, now);
            endings.push(Ending { settlement, claim });
        }
        let copied = self.send_copies(&endings).await;
        let mut fault = note(&mut endings, copied);
        fault = fault.or(self.grow(&mut endings).await);
        fault = fault.or(self.count_ended(&mut endings).await);
        let (deleted, released) = join!(self.delete(&endings), self.release(&endings));
        fault = fault.or(note(&mut endings, deleted));
        fault = fault.or(note(&mut endings, released));
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

    /// Deletes what has ended.
    async fn delete(&self, endings: &[Ending<'_>]) -> Told {
        let mut jobs = Vec::new();
        for (name, handles) in self.by_queue(at(endings, Stage::Told)) {
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

    /// Counts what has ended, each task of each batch once, and tells the batches' ends.
    async fn count_ended(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let jobs = ended(endings).into_iter().map(|(batch, ended)| async move {
            let counted = self.count_tasks(batch, ended.notes).await;
            // Even if all of it was counted before: by somebody who was killed before this, perhaps.
            let told = if counted.is_ok() { self.finish(batch).await } else { Ok(()) };
            (ended.numbers, counted, told)
        });
        let mut counted = futures::stream::iter(jobs.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
        let mut fault = None;
        while let Some((numbers, counted, told)) = counted.next().await {
            let stage = match (counted, told) {
                (Ok(()), Ok(())) => Stage::Told,
                (Ok(()), Err(failure)) => {
                    fault = fault.or(Some(failure));
                    Stage::Counted
                }
                (Err(failure), _) => {
                    fault = fault.or(Some(failure));
                    continue;
                }
            };
            numbers.into_iter().for_each(|number| endings[number].reach(stage));
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

    /// Whether all is durable that its end leaves behind, and it is to be counted and told.
    fn is_durable(&self) -> bool {
        let leaves_nothing = match &self.settlement.end {
            End::Done { children, .. } => children.is_empty(),
            End::Skipped { .. } => true,
            End::Retry { .. } | End::Dead { .. } | End::Release => false,
        };
        self.is_at(Stage::Copied)
            || self.is_at(Stage::Counted)
            || (leaves_nothing && self.is_at(Stage::Hidden))
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
            // What can't be deleted comes back: once more is better than never.
            (Stage::Told, ..) => Stage::Ended,
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

/// What of one batch has ended and isn't counted, or not told.
#[derive(Default)]
struct Ended<'a> {
    notes: Vec<Noted<'a>>,
    numbers: Vec<usize>,
}

/// What has ended, by batch. What is counted in none may be deleted.
fn ended<'a>(endings: &mut [Ending<'a>]) -> HashMap<&'a BatchId, Ended<'a>> {
    let mut batches: HashMap<&BatchId, Ended<'_>> = HashMap::new();
    for (number, ending) in endings.iter_mut().enumerate() {
        if !ending.is_durable() {
            continue;
        }
        let Some((of, note)) = note_of(&ending.settlement.end) else {
            ending.reach(Stage::Told);
            continue;
        };
        let ended = batches.entry(&of.batch).or_default();
        ended.numbers.push(number);
        if !ending.is_at(Stage::Counted) {
            ended.notes.push(Noted { task: &of.task, queue: &ending.settlement.queue, note });
        }
    }
    batches
}

/// The task to be counted, and as what.
fn note_of(end: &End) -> Option<(&Member, Note)> {
    match end {
        End::Done { of, .. } => Some((of, Note::Done)),
        End::Skipped { of } => Some((of, Note::Skipped)),
        End::Dead { of: Some(of), .. } => Some((of, Note::Dead)),
        End::Dead { of: None, .. } | End::Retry { .. } | End::Release => None,
    }
}
