//! How much of a limit is used without one call refused: nginx `limit_req` at the same rate is the judge.

use anyhow::Result;

use crate::bare;
use crate::project::Project;
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::gets;
use jobq_tests::world::access_log::{Call, most_within, pace, with_status};
use jobq_tests::world::nginx::Nginx;

const SECONDS: usize = 20;

/// What nginx lets through at once beyond the even pace.
const BURST: u32 = 3;

/// A run as nginx's log tells it.
struct Run {
    refused: f64,
    /// The share of the rate that was used.
    share: f64,
}

/// Measures limits of a rate, and one with a quota.
pub(crate) fn run(setup: &Setup) -> Result<()> {
    for rate in [50, 200] {
        let clock = (0..setup.times).map(|_| by_clock(rate)).collect::<Result<Vec<_>>>()?;
        for processes in [1, 4] {
            let jobq = (0..setup.times).map(|_| by_jobq(setup, rate, processes));
            print(rate, processes, &jobq.collect::<Result<Vec<_>>>()?, &clock);
        }
    }
    quota(setup)
}

fn print(rate: usize, processes: usize, jobq: &[Run], clock: &[Run]) {
    let by = if processes == 1 { "1 process".to_owned() } else { format!("{processes} processes") };
    Row::new(
        format!("limit {rate}/s, {by}: refused calls"),
        Unit::Count,
        Spread::of(jobq, |run| run.refused),
    )
    .beside(Spread::of(clock, |run| run.refused))
    .goal(Goal::NeverOver(0.0))
    .print();
    Row::new(format!("limit {rate}/s, {by}: share used"), Unit::Percent, Spread::of(jobq, |run| run.share))
        .beside(Spread::of(clock, |run| run.share))
        .goal(Goal::AtLeast(0.97))
        .print();
}

fn by_jobq(setup: &Setup, rate: usize, processes: usize) -> Result<Run> {
    let (api, calls) = (Nginx::limiting(&format!("{rate}r/s"), BURST), rate * SECONDS);
    let project = Project::new(setup, &format!("rate = \"{rate}/s\""), &gets(&api.url("/call/"), calls))?;
    project.push()?;
    let drains = (0..processes).map(|_| project.start_drain()).collect::<Result<Vec<_>>>()?;
    for drain in drains {
        drain.wait()?;
    }
    project.check_results(calls)?;
    Ok(Run::new(&api, rate))
}

/// A bare clock that ticks at the rate: nothing is nearer to it on this machine.
fn by_clock(rate: usize) -> Result<Run> {
    let api = Nginx::limiting(&format!("{rate}r/s"), BURST);
    bare::pace(&std::env::temp_dir(), &api.url("/call/"), rate, rate * SECONDS)?;
    Ok(Run::new(&api, rate))
}

impl Run {
    fn new(api: &Nginx, rate: usize) -> Self {
        let calls = api.calls();
        Self { refused: with_status(&calls, 429) as f64, share: pace(&calls) / rate as f64 }
    }
}

/// The window of the quota, and what it may hold.
const WINDOW: f64 = 60.0;
const QUOTA: usize = 600;

fn quota(setup: &Setup) -> Result<()> {
    let runs = (0..setup.times).map(|_| over_the_quota(setup)).collect::<Result<Vec<_>>>()?;
    Row::new("quota 600/m at 50/s: share reached", Unit::Percent, Spread::of(&runs, |calls| reached(calls)))
        .goal(Goal::AtLeast(0.95))
        .print();
    let fullest = Spread::of(&runs, |calls| most_within(calls, WINDOW) as f64);
    Row::new("quota 600/m at 50/s: calls in the fullest minute", Unit::Count, fullest)
        .goal(Goal::NeverOver(QUOTA as f64))
        .print();
    Ok(())
}

/// A few calls more than the quota: they have to wait until the first ones leave the window.
fn over_the_quota(setup: &Setup) -> Result<Vec<Call>> {
    let (api, calls) = (Nginx::limiting("50r/s", BURST), QUOTA + 20);
    let limit = "rate = \"50/s\"\nquotas = [\"600/m\"]";
    let project = Project::new(setup, limit, &gets(&api.url("/call/"), calls))?;
    project.push()?;
    project.drain(calls)?;
    Ok(api.calls())
}

/// The window, over the time that passed until there was one call more than it may hold.
fn reached(calls: &[Call]) -> f64 {
    let mut at: Vec<f64> = calls.iter().map(|call| call.at).collect();
    at.sort_by(f64::total_cmp);
    WINDOW / (at[QUOTA] - at[0])
}
