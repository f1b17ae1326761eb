//! Reading: what the queues hold, what arrives, and the cap.

use std::time::Duration;

use futures::future::{join, join_all};
use jobq_core::fault::Fault;
use jobq_core::policy::calendar::state::LimitState;
use jobq_core::policy::door::door;
use jobq_core::policy::scale::need::need;
use jobq_core::policy::scale::reading::{Backlog, Cap, QueueReading, Reading};
use jobq_core::ports::clock::Clock;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::fleet::Fleet;
use jobq_core::ports::history::{History, Past};
use jobq_core::queue::Queue;
use jobq_core::time::Timestamp;

use crate::plan::Plan;
use crate::world::World;

/// How far back arrivals are looked at: long enough to even out minutes, and for a history that lags by some.
const LOOK_BACK: Duration = Duration::from_secs(600);

/// Reads what a limit's drainers are sized by. What can't be read stays unknown, and its faults are told.
pub(crate) async fn read<W: World>(world: &W, plan: &Plan, state: &LimitState) -> (Reading, Vec<Fault>) {
    let at = world.clock().now();
    let mut faults = Vec::new();
    let measured = join_all(plan.queues.iter().map(|queue| measured(world, queue, state, at)));
    let (queues, cap) = join(measured, cap(world, plan)).await;
    let queues = queues.into_iter().map(|(queue, fault)| {
        faults.extend(fault);
        queue
    });
    let mut reading = Reading { at, queues: queues.collect(), arrivals: None, cap: Cap::Unknown };
    match cap {
        Ok(cap) => reading.cap = cap,
        Err(fault) => faults.push(fault),
    }
    // History costs money, so it is asked only where its answer could change the decision.
    if plan.limit.drainers.autoscale && need(&plan.limit, state, &reading, plan.tempo).depends_on_arrivals() {
        match arrivals(world, plan, &reading).await {
            Ok(arrivals) => reading.arrivals = arrivals,
            Err(fault) => faults.push(fault),
        }
    }
    (reading, faults)
}

async fn measured<W: World>(
    world: &W,
    queue: &Queue,
    state: &LimitState,
    at: Timestamp,
) -> (QueueReading, Option<Fault>) {
    let (backlog, fault) = match world.depth().measure(&queue.name).await {
        Ok(depth) => {
            let (ready, in_flight, delayed) = (depth.ready, depth.in_flight, depth.delayed);
            (Some(Backlog { ready, in_flight, delayed }), None)
        }
        Err(fault) => (None, Some(fault)),
    };
    (QueueReading { queue: queue.name.clone(), openness: door(queue, state, at), backlog }, fault)
}

async fn cap<W: World>(world: &W, plan: &Plan) -> Result<Cap, Fault> {
    if !plan.limit.drainers.autoscale {
        return Ok(Cap::Unknown);
    }
    Ok(world.fleet().cap(&plan.limit.name).await?.map_or(Cap::Unset, Cap::At))
}

/// Tasks a second over all open queues; `None` where it isn't known of one of them.
async fn arrivals<W: World>(world: &W, plan: &Plan, reading: &Reading) -> Result<Option<f64>, Fault> {
    let both = plan.queues.iter().zip(&reading.queues);
    let open = both.filter(|(_, read)| read.is_open()).map(|(queue, _)| queue);
    let pasts = join_all(open.map(|queue| world.history().past(&queue.name, LOOK_BACK))).await;
    let pasts = pasts.into_iter().collect::<Result<Vec<_>, Fault>>()?;
    Ok(pasts.iter().map(|past| a_second(past)).sum())
}

/// The mean of the minutes that were measured; `None` where none was.
fn a_second(past: &[Past]) -> Option<f64> {
    let measured = past.iter().filter_map(|minute| minute.sent);
    let (sent, minutes) = measured.fold((0.0, 0.0), |(sent, minutes), one| (sent + one, minutes + 1.0));
    (minutes > 0.0).then(|| sent / (minutes * 60.0))
}

#[cfg(test)]
mod tests {
    //! Arrivals from minutes with gaps.

    use super::*;

    #[test]
    fn minutes_that_were_not_measured_are_not_minutes_without_tasks() {
        let minute = |sent| Past { at: Timestamp::EPOCH, sent, ready: None };
        assert_eq!(a_second(&[]), None);
        assert_eq!(a_second(&[minute(None)]), None);
        assert_eq!(a_second(&[minute(Some(0.0))]), Some(0.0));
        assert_eq!(a_second(&[minute(Some(120.0)), minute(None), minute(Some(0.0))]), Some(1.0));
    }
}
