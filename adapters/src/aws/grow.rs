//! Sends the children of tasks that are done, and counts them as known, before their parents are deleted.
//!
//! A crash in between sends them again when the parent is called again: they have the same ids then. Within this
//! process the book knows which were sent.

use std::collections::HashMap;

use futures::StreamExt;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::BatchId;
use jobq_core::ports::clock::Clock;
use jobq_core::settlement::{Child, End};

use super::book::Stage;
use super::packing::{LONGEST_DELAY, Message};
use super::settle::{AT_ONCE, Ending, OPERATION};
use super::store::AwsStore;
use super::tens::{Answer, all};

/// Where a message comes from: the ending's number, and the child's in it.
type Origin = (usize, usize);

impl<C: Clock> AwsStore<C> {
    /// Sends and counts the children that aren't sent and counted yet. Answers with the first fault.
    pub(super) async fn grow(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let fault = self.send_children(endings).await;
        fault.or(self.count_grown(endings).await)
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
        for (at, ending) in endings.iter_mut().enumerate() {
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
                    ending.reach(Stage::Growing);
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
        fault.or(told.fault)
    }

    /// Counts the children of endings that have all of them sent: one write for each batch.
    async fn count_grown(&self, endings: &mut [Ending<'_>]) -> Option<Fault> {
        let mut batches: HashMap<BatchId, (u64, Vec<usize>)> = HashMap::new();
        for (at, ending) in endings.iter().enumerate() {
            let End::Done { of, children } = &ending.settlement.end else { continue };
            let sent = ending.claim.as_ref().map_or(0, |claim| claim.sent().len());
            if ending.is_at(Stage::Growing) && sent == children.len() {
                let (count, numbers) = batches.entry(of.batch.clone()).or_default();
                *count += sent as u64;
                numbers.push(at);
            }
        }
        let mut jobs = Vec::new();
        for (batch, (count, numbers)) in batches {
            jobs.push(async move { (numbers, self.count_children(&batch, count).await) });
        }
        let mut counted = futures::stream::iter(jobs).buffer_unordered(AT_ONCE);
        let mut fault = None;
        while let Some((numbers, counted)) = counted.next().await {
            match counted {
                Ok(()) => numbers.into_iter().for_each(|number| endings[number].reach(Stage::Copied)),
                Err(failure) => fault = fault.or(Some(failure)),
            }
        }
        fault
    }
}

/// The children that are still to be sent, each with its number; none where there is nothing to do.
fn open_children<'a>(ending: &Ending<'a>) -> Option<Vec<(usize, &'a Child)>> {
    let End::Done { children, .. } = &ending.settlement.end else { return None };
    let begins = ending.is_at(Stage::Hidden) && !children.is_empty();
    if !begins && !ending.is_at(Stage::Growing) {
        return None;
    }
    let sent = ending.claim.as_ref().map(|claim| claim.sent()).unwrap_or_default();
    Some(children.iter().enumerate().filter(|(number, _)| !sent.contains(number)).collect())
}
