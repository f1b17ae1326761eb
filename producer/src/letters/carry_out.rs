//! Carrying out: ends the letters that a plan has chosen, and no others.

use std::collections::HashSet;

use futures::StreamExt;
use futures::stream::iter;
use jobq_core::letter::{Letter, LetterId};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::jq::Jq;
use jobq_core::ports::morgue::{Fate, Found, Morgue, Round};
use jobq_core::settlement::Settled;
use jobq_core::time::Timestamp;

use super::look::{AT_ONCE, Plan};
use super::order::{Judged, Order, OrderError};

/// How far an order was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Letters ended by this run.
    pub ended: u64,
    /// Letters that were chosen and that somebody else has ended or holds.
    pub gone: u64,
}

/// Ends the letters that the plan has chosen. `told` hears how far it is and says whether to go on; after a no, what
/// is under way is ended first. Repeating an order that was cut short goes on with what is left.
///
/// # Errors
/// The store's, or the program's that takes too much: what `told` heard last was done, and the letters under way may have
/// been ended or not.
pub async fn carry_out<M: Morgue, J: Jq, C: Clock>(
    morgue: &M,
    jq: &J,
    clock: &C,
    order: &Order,
    plan: Plan,
    told: &mut dyn FnMut(Progress) -> bool,
) -> Result<Progress, OrderError> {
    let mut left = plan.chosen;
    let mut round = morgue.round(&order.queue);
    let walked = walk(&mut round, jq, clock, order, &mut left, told).await;
    let closed = round.close().await;
    let progress = walked?;
    closed?;
    Ok(progress)
}

async fn walk<R: Round, J: Jq, C: Clock>(
    round: &mut R,
    jq: &J,
    clock: &C,
    order: &Order,
    left: &mut HashSet<LetterId>,
    told: &mut dyn FnMut(Progress) -> bool,
) -> Result<Progress, OrderError> {
    let mut progress = Progress::default();
    while !left.is_empty() {
        let letters = round.next().await?;
        if letters.is_empty() {
            // Chosen and shown no more: somebody else was faster.
            progress.gone += left.len() as u64;
            return Ok(progress);
        }
        let chosen = letters.into_iter().filter(|found| left.remove(&found.id)).collect();
        let fates = fates(order, jq, chosen, clock.now()).await?;
        let settled = if fates.is_empty() { Vec::new() } else { round.end(fates).await? };
        let held = settled.iter().filter(|settled| **settled == Settled::Held).count();
        progress.ended += held as u64;
        progress.gone += (settled.len() - held) as u64;
        if !told(progress) {
            break;
        }
    }
    Ok(progress)
}

/// What becomes of letters that were chosen. They are judged once more, so that no plan has to hold all their tasks.
async fn fates<J: Jq>(
    order: &Order,
    jq: &J,
    chosen: Vec<Found>,
    now: Timestamp,
) -> Result<Vec<(LetterId, Fate)>, OrderError> {
    let mut fates = Vec::with_capacity(chosen.len());
    let judging = chosen.iter().map(|found| order.judge(jq, found, now));
    let mut judging = iter(&chosen).zip(iter(judging).buffered(AT_ONCE));
    while let Some((found, judged)) = judging.next().await {
        let fate = match judged? {
            Judged::Drops => Fate::Drop,
            Judged::GoesBack(envelope) => {
                let counted = Letter::read(&found.body).counted();
                Fate::SendBack { copy: envelope.seal(), counted }
            }
            // It was another when it was chosen, and letters don't change.
            Judged::Other | Judged::NoTask | Judged::Refused(_) => continue,
        };
        fates.push((found.id.clone(), fate));
    }
    Ok(fates)
}
