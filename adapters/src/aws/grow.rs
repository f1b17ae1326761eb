//! Counts the children of tasks that are done as known, then sends them, all before their parents are counted and deleted.
//!
//! In that order a batch never looks as if it had ended while children are on their way: they are known before anybody can
//! end them, and their parent is open until they are durable. A crash in between counts and sends them again when the parent
//! is called again: each is known once, for they have the same ids then. Should the parent's answer make fewer of them after
//! such a crash, what was known and never sent keeps its batch open. Within this process the book knows which were sent.

use std::collections::HashMap;

use futures::StreamExt;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::settlement::{Child, End};
use jobq_core::stack::LONGEST_DELAY;

use super::book::Stage;
use super::packing::Message;
use super::page::{Note, Noted};
use super::settle::{AT_ONCE, Ending, OPERATION};
use super::store::AwsStore;
use super::tens::{Answer, all};

/// Where a message comes from: the ending's number, and the child's in it.
type Origin = (usize, usize);

impl<C: Clock> AwsStore<C> {
    /// Counts and sends the children that aren't counted and sent yet. Answers with the first fault.
    pub(super) async fn grow(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let fault = self.count_children(endings).await;
        fault.or(self.send_children(endings).await)
    }

    async fn count_children(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let mut batches: HashMap<&BatchId, (Vec<Noted<'_>>, Vec<usize>)> = HashMap::new();
        for (at, ending) in endings.iter().enumerate() {
            let End::Done { of, children } = &ending.settlement.end else { continue };
            if ending.is_at(Stage::Hidden) && !children.is_empty() {
                let (notes, numbers) = batches.entry(&of.batch).or_default();
                for Child { task, queue, .. } in children {
                    notes.push(Noted { task, queue, note: Note::Known });
                }
                numbers.push(at);
            }
        }
        let jobs = batches
            .into_iter()
            .map(|(batch, (notes, numbers))| async move { (numbers, self.count_tasks(batch, notes).await) });
        let mut counted = futures::stream::iter(jobs.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
        let mut fault = None;
        while let Some((numbers, counted)) = counted.next().await {
            match counted {
                Ok(()) => numbers.into_iter().for_each(|number| endings[number].reach(Stage::Growing)),
                Err(failure) => fault = fault.or(Some(failure)),
            }
        }
        fault
    }

    fn child(&self, child: &Child) -> Result<Message, Fault> {
        if child.delay > LONGEST_DELAY {
            let cause = format!("a child has a delay of {} s, SQS takes less", child.delay.as_secs());
            return Err(Fault::new(FaultKind::Lasting, OPERATION).caused_by(cause));
        }
        self.task(OPERATION, &child.parcel, child.delay)
    }

    async fn send_children(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let (mut origins, mut fault): (Vec<Origin>, _) = (Vec::new(), None);
        let mut messages: HashMap<String, Vec<(usize, Message)>> = HashMap::new();
        for (at, ending) in endings.iter().enumerate() {
            let Some(children) = open_children(ending) else { continue };
            let made: Result<Vec<_>, Fault> =
                children.iter().map(|(number, child)| Ok((*number, child, self.child(child)?))).collect();
            match made {
                Ok(made) => {
                    for (number, child, message) in made {
                        let to = self.shared.stack.lane(&child.queue, child.parcel.priority);
                        messages.entry(to).or_default().push((origins.len(), message));
                        origins.push((at, number));
                    }
                }
                Err(refused) => fault = fault.or(Some(refused)),
            }
        }
        let mut jobs = Vec::new();
        for (to, messages) in messages {
            jobs.push(self.send_all(OPERATION, to, messages, AT_ONCE));
        }
        let told = all(jobs, AT_ONCE).await;
        for (number, answer) in told.answers {
            let (at, child) = origins[number];
            if let (Answer::Held, Some(claim)) = (answer, &mut endings[at].claim) {
                claim.send(child);
            }
        }
        endings.iter_mut().filter(|ending| is_grown(ending)).for_each(|ending| ending.reach(Stage::Copied));
        fault.or(told.fault)
    }
}

/// The children that are still to be sent, each with its number; none where there is nothing to do.
fn open_children<'a>(ending: &Ending<'a>) -> Option<Vec<(usize, &'a Child)>> {
    let End::Done { children, .. } = &ending.settlement.end else { return None };
    if !ending.is_at(Stage::Growing) {
        return None;
    }
    let sent = ending.claim.as_ref().map(|claim| claim.sent()).unwrap_or_default();
    Some(children.iter().enumerate().filter(|(number, _)| !sent.contains(number)).collect())
}

/// Whether all of its children are sent.
fn is_grown(ending: &Ending<'_>) -> bool {
    open_children(ending).is_some_and(|children| children.is_empty())
}
