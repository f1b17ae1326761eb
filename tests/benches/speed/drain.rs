//! Draining without a rate, results written, beside sockets alone and beside a load generator.

use std::path::Path;

use anyhow::Result;

use crate::TASKS;
use crate::bare;
use crate::meter::{self, Usage};
use crate::project::Project;
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::gets;
use jobq_tests::world::nginx::Nginx;

/// An nginx that does as little as it can for a call.
pub(crate) fn quick_nginx() -> Nginx {
    Nginx::open("access_log off; location /call { return 200 '{\"ok\":true}'; }")
}

/// Measures draining a queue as fast as it goes.
pub(crate) fn run(setup: &Setup) -> Result<()> {
    let api = quick_nginx();
    let tasks = gets(&api.url("/call/"), TASKS);
    let (mut jobq, mut sockets, mut oha) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setup.times {
        let project = Project::new(setup, "rate = \"none\"", &tasks)?;
        project.push()?;
        jobq.push(project.drain(TASKS)?);
        sockets.push(bare::call(project.path(), api.port, TASKS)?);
        if let Some(program) = &setup.oha {
            oha.push(generate_load(program, project.path(), &api.url("/call/1"))?);
        }
    }
    rates("bare sockets", &jobq, &sockets).print();
    cpu("bare sockets", &jobq, &sockets).goal(Goal::AtMost(0.5)).print();
    if oha.is_empty() {
        println!("| drain: calls, beside oha: not measured, for oha is not installed: cargo install oha |");
    } else {
        // The load generator is the measure: it is made to call as fast as it can, and is a whole HTTP client.
        rates("oha", &jobq, &oha).goal(Goal::ShareOfMost(0.25)).print();
        cpu("oha", &jobq, &oha).print();
    }
    Ok(())
}

fn generate_load(oha: &Path, folder: &Path, url: &str) -> Result<Usage> {
    let calls = TASKS.to_string();
    meter::run(folder, oha, ["--no-tui", "-n", &calls, "-c", "128", url])
}

fn rates(name: &str, jobq: &[Usage], other: &[Usage]) -> Row {
    let rate = |used: &Usage| used.rate(TASKS);
    Row::new(format!("drain: calls, beside {name}"), Unit::PerSecond, Spread::of(jobq, rate))
        .beside(Spread::of(other, rate))
}

fn cpu(name: &str, jobq: &[Usage], other: &[Usage]) -> Row {
    let cpu = |used: &Usage| used.cpu_per_10_000(TASKS);
    Row::new(format!("drain: CPU for 10,000, beside {name}"), Unit::Cpu, Spread::of(jobq, cpu))
        .beside(Spread::of(other, cpu))
}
