//! One tick: every limit is read, decided and acted upon.

use futures::stream::{self, StreamExt};
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::scale::decide::{Decision, decide};
use jobq_core::policy::scale::reading::Reading;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::ledger::{Ledger, Swap, Versioned};

use crate::act::act;
use crate::plan::Plan;
use crate::read::read;
use crate::report::{Report, Scaled};
use crate::world::World;

/// How many limits are looked after at once: what caps and starts drainers allows few requests a second.
const AT_ONCE: usize = 4;

/// How often a decision is tried anew because the document has changed. Drainers write it about once a second each.
const TRIES: usize = 20;

/// Reads, decides and acts for each limit, in order. What fails for one limit doesn't keep the others from it; trying
/// again is for the next tick.
pub async fn tick<W: World>(world: &W, plans: &[Plan]) -> Vec<Report> {
    let reports = plans.iter().map(|plan| async move {
        Report { limit: plan.limit.name.clone(), outcome: scale(world, plan).await }
    });
    stream::iter(reports).buffered(AT_ONCE).collect().await
}

async fn scale<W: World>(world: &W, plan: &Plan) -> Result<Scaled, Fault> {
    let known = world.ledger().load(&plan.limit.name).await?;
    let (mut reading, mut faults) = read(world, plan, &known.state).await;
    let (decision, state) = decided(world, plan, known, &mut reading).await?;
    faults.extend(act(world, plan, &reading, &decision).await);
    Ok(Scaled { reading, decision, state, faults })
}

/// Decides, and writes the decision down before anything is done: whoever else decides now must find it. With the
/// document that holds it.
async fn decided<W: World>(
    world: &W,
    plan: &Plan,
    mut known: Versioned,
    reading: &mut Reading,
) -> Result<(Decision, LimitState), Fault> {
    let name = &plan.limit.name;
    for _ in 0..TRIES {
        reading.at = world.clock().now();
        let decision = decide(&plan.limit, &known.state, reading, plan.tempo);
        let Some(scaling) = decision.next.clone() else {
            return Ok((decision, known.state));
        };
        let mut next = known.state.clone();
        next.scaling = Some(scaling);
        match world.ledger().swap(name, known.version, &next).await? {
            Swap::Written(_) => return Ok((decision, next)),
            Swap::Conflict(current) => known = current,
        }
    }
    let operation = format!("size the drainers of limit '{name}': its document kept changing");
    Err(Fault::new(FaultKind::Passing, operation))
}
