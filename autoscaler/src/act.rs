//! Acting on a decision.

use jobq_core::fault::Fault;
use jobq_core::policy::scale::decide::Decision;
use jobq_core::policy::scale::reading::{Cap, Reading};
use jobq_core::ports::fleet::Fleet;

use crate::plan::Plan;
use crate::world::World;

/// Does what was decided, and tells what failed.
///
/// The cap is raised before anybody is started, for who is started above it may be lost; and lowered last, for nobody
/// who is to come may find it too low. A cap that can't be raised keeps nobody from starting: there is room below it,
/// or there is none and nothing happens.
pub(crate) async fn act<W: World>(
    world: &W,
    plan: &Plan,
    reading: &Reading,
    decision: &Decision,
) -> Vec<Fault> {
    let (name, fleet) = (&plan.limit.name, world.fleet());
    let lowers = |cap: &u32| matches!(reading.cap, Cap::At(now) if *cap < now);
    let mut done = Vec::new();
    if let Some(cap) = decision.cap.filter(|cap| !lowers(cap)) {
        done.push(fleet.set_cap(name, cap).await);
    }
    if decision.start > 0 {
        done.push(fleet.start(name, decision.start).await);
    }
    if let Some(cap) = decision.cap.filter(lowers) {
        done.push(fleet.set_cap(name, cap).await);
    }
    done.into_iter().filter_map(Result::err).collect()
}
