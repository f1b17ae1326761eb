//! A look: which letters an order means, before anything is done.

use std::collections::HashSet;

use futures::StreamExt;
use futures::stream::iter;
use jobq_core::fault::Fault;
use jobq_core::letter::{Letter, LetterId};
use jobq_core::name::QueueName;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::morgue::{Found, Morgue, Round};
use jobq_core::task::Request;
use jobq_core::time::Timestamp;

use super::order::{Judged, Order, OrderError};
use jobq_core::written::problem::Problem;

/// How many calls are shown that go back.
const FIRST: usize = 5;

/// How many refused letters are told one by one.
const TOLD: usize = 5;

/// How many letters are judged at once: enough that programs needn't wait for the next one.
pub(super) const AT_ONCE: usize = 8;

/// What an order comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// How many letters lie in the queue.
    pub seen: u64,
    /// Those that are ended.
    pub(crate) chosen: HashSet<LetterId>,
    /// How many were picked and aren't there.
    pub absent: u64,
    /// How many are meant and have no task to send back.
    pub without_task: u64,
    /// How many are meant and can't be changed as they should be.
    pub refused: u64,
    /// The first of these, by what the backend calls them, with the reason.
    pub refusals: Vec<(LetterId, Problem)>,
    /// The first calls that go back, as they would be made.
    pub first: Vec<Request>,
}

impl Plan {
    /// How many letters are ended.
    pub fn chosen(&self) -> u64 {
        self.chosen.len() as u64
    }
}

/// Shows every letter of a queue to `see`, and changes nothing. Answers with how many there were. Stops where
/// `goes_on` says no.
///
/// # Errors
/// The store's; what was seen is given back in any case.
pub async fn look<M: Morgue>(
    morgue: &M,
    queue: &QueueName,
    see: &mut dyn FnMut(&Found, &Letter),
    goes_on: &dyn Fn() -> bool,
) -> Result<u64, Fault> {
    walk(morgue, queue, goes_on, async |letters| {
        letters.iter().for_each(|found| see(found, &Letter::read(&found.body)));
        Ok(())
    })
    .await
}

async fn walk<M: Morgue, E: From<Fault>>(
    morgue: &M,
    queue: &QueueName,
    goes_on: &dyn Fn() -> bool,
    see: impl AsyncFnMut(&[Found]) -> Result<(), E>,
) -> Result<u64, E> {
    let mut round = morgue.round(queue);
    let walked = pages(&mut round, goes_on, see).await;
    let closed = round.close().await;
    let seen = walked?;
    closed?;
    Ok(seen)
}

async fn pages<R: Round, E: From<Fault>>(
    round: &mut R,
    goes_on: &dyn Fn() -> bool,
    mut see: impl AsyncFnMut(&[Found]) -> Result<(), E>,
) -> Result<u64, E> {
    let mut seen = 0;
    while goes_on() {
        let letters = round.next().await?;
        if letters.is_empty() {
            break;
        }
        seen += letters.len() as u64;
        see(&letters).await?;
    }
    Ok(seen)
}

/// Judges every letter of a queue by an order, and does nothing yet. Stops where `goes_on` says no.
///
/// # Errors
/// The store's, or the program's that takes too much. What it says of a single task stands in the plan.
pub async fn plan<M: Morgue, J: Jq>(
    morgue: &M,
    jq: &J,
    order: &Order,
    now: Timestamp,
    goes_on: &dyn Fn() -> bool,
) -> Result<Plan, OrderError> {
    let mut plan = Plan::default();
    let mut there = 0;
    let seen = walk(morgue, &order.queue, goes_on, async |letters| {
        let is_picked = |found: &&Found| order.picked.as_ref().is_some_and(|picked| picked.has(&found.id));
        there += letters.iter().filter(is_picked).count() as u64;
        let judging = letters.iter().map(|found| order.judge(jq, found, now));
        let mut judging = iter(letters).zip(iter(judging).buffered(AT_ONCE));
        while let Some((found, judged)) = judging.next().await {
            plan.add(&found.id, judged?);
            if !goes_on() {
                break;
            }
        }
        Ok::<(), OrderError>(())
    })
    .await;
    plan.seen = seen?;
    plan.absent = order.picked.as_ref().map_or(0, |picked| picked.len() as u64 - there);
    Ok(plan)
}

impl Plan {
    fn add(&mut self, letter: &LetterId, judged: Judged) {
        match judged {
            Judged::Other => {}
            Judged::NoTask => self.without_task += 1,
            Judged::Refused(problem) => {
                self.refused += 1;
                if self.refusals.len() < TOLD {
                    self.refusals.push((letter.clone(), problem));
                }
            }
            Judged::Drops => {
                self.chosen.insert(letter.clone());
            }
            Judged::GoesBack(envelope) => {
                self.chosen.insert(letter.clone());
                if self.first.len() < FIRST {
                    self.first.push(envelope.request);
                }
            }
        }
    }
}
