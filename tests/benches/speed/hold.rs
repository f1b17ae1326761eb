//! Holding 1,000 calls a second, beside the HTTP client alone at that pace.

use anyhow::Result;

use crate::bare;
use crate::meter::Usage;
use crate::project::Project;
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::gets;
use jobq_tests::world::access_log::pace;
use jobq_tests::world::nginx::Nginx;

const RATE: usize = 1_000;
const CALLS: usize = RATE * 10;

/// A run of [`CALLS`] calls.
struct Run {
    /// The share of the rate that the server saw.
    share: f64,
    /// The share of a core that it took.
    core: f64,
}

/// Measures holding the rate.
pub(crate) fn run(setup: &Setup) -> Result<()> {
    let runs = (0..setup.times).map(|_| Ok((by_jobq(setup)?, by_client()?)));
    let runs = runs.collect::<Result<Vec<(Run, Run)>>>()?;
    Row::new("hold 1,000/s: share used", Unit::Percent, Spread::of(&runs, |(jobq, _)| jobq.share))
        .beside(Spread::of(&runs, |(_, client)| client.share))
        .goal(Goal::AtLeast(0.97))
        .print();
    Row::new("hold 1,000/s: of a core", Unit::Percent, Spread::of(&runs, |(jobq, _)| jobq.core))
        .beside(Spread::of(&runs, |(_, client)| client.core))
        .print();
    let beyond = Spread::of(&runs, |(jobq, client)| jobq.core - client.core);
    Row::new("hold 1,000/s: of a core beyond the calls' own", Unit::Percent, beyond)
        .goal(Goal::AtMost(0.10))
        .print();
    Ok(())
}

fn by_jobq(setup: &Setup) -> Result<Run> {
    let api = Nginx::open("");
    let tasks = gets(&api.url("/call/"), CALLS);
    let project = Project::new(setup, &format!("rate = \"{RATE}/s\""), &tasks)?;
    project.push()?;
    let used = project.drain(CALLS)?;
    Ok(Run::new(&api, used))
}

fn by_client() -> Result<Run> {
    let api = Nginx::open("");
    let used = bare::pace(&std::env::temp_dir(), &api.url("/call/"), RATE, CALLS)?;
    Ok(Run::new(&api, used))
}

impl Run {
    fn new(api: &Nginx, used: Usage) -> Self {
        Self { share: pace(&api.calls()) / RATE as f64, core: used.cpu / used.wall }
    }
}
