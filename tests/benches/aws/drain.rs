//! Draining from SQS without a rate, beside the SDK and an HTTP client alone.

use anyhow::{Result, ensure};
use jobq_tests::world::access_log::{pace, with_status};
use jobq_tests::world::nginx::Nginx;

use crate::bare;
use crate::cloud::Cloud;
use crate::meter::Usage;
use crate::project::Project;
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::gets;

/// How many tasks wait. The stand-in looks at all of them at each receive: more would measure that.
const BACKLOGS: [usize; 2] = [2_000, 5_000];

/// A queue that was drained.
struct Run {
    used: Usage,
    /// Calls a second, as the API saw them.
    pace: f64,
}

/// Measures draining a queue as fast as it goes.
pub(crate) fn run(setup: &Setup, cloud: &Cloud) -> Result<()> {
    for tasks in BACKLOGS {
        let (mut jobq, mut sdk) = (Vec::new(), Vec::new());
        for _ in 0..setup.times {
            jobq.push(drained(setup, cloud, tasks, |project| project.drain())?);
            sdk.push(drained(setup, cloud, tasks, |project| bare::drain(project, tasks))?);
        }
        print(tasks, &jobq, &sdk);
    }
    Ok(())
}

/// Fills a queue with calls, and has it drained.
fn drained(
    setup: &Setup,
    cloud: &Cloud,
    tasks: usize,
    drain: impl FnOnce(&Project<'_>) -> Result<Usage>,
) -> Result<Run> {
    let api = Nginx::open("");
    let project = Project::new(setup, cloud, &gets(&api.url("/call/"), tasks))?;
    project.push()?;
    let used = drain(&project)?;
    let (calls, left) = (api.calls(), cloud.count(project.queue())?);
    // What was quick because it did less is no figure.
    ensure!(with_status(&calls, 200) == tasks && left == 0, "{} calls, {left} of {tasks} left", calls.len());
    Ok(Run { used, pace: pace(&calls) })
}

fn print(tasks: usize, jobq: &[Run], sdk: &[Run]) {
    let waiting = format!("drain {tasks} from SQS");
    Row::new(format!("{waiting}: calls"), Unit::PerSecond, Spread::of(jobq, |run| run.pace))
        .beside(Spread::of(sdk, |run| run.pace))
        .goal(Goal::ShareOfMost(0.7))
        .print();
    let cpu = |run: &Run| run.used.cpu_per_10_000(tasks);
    Row::new(format!("{waiting}: CPU for 10,000"), Unit::Cpu, Spread::of(jobq, cpu))
        .beside(Spread::of(sdk, cpu))
        .print();
}
