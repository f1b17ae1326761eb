//! Pushing a file to SQS, beside the SDK alone with the same batches.

use std::fs;

use anyhow::{Result, ensure};
use jobq_tests::aws::program;

use crate::bare;
use crate::cloud::Cloud;
use crate::meter::Usage;
use crate::project::Project;
use crate::setup::Setup;
use crate::table::{Goal, Row, Spread, Unit};
use crate::tasks::posts;

const TASKS: usize = 20_000;

/// The bodies of the messages, one a line: what the other programs send.
const BODIES_FILE: &str = "bodies.jsonl";

/// The same by a thread pool in Python, for those who have such a script today.
const BOTO3: &str = include_str!("push.py");

/// Measures pushing a file of tasks.
pub(crate) fn run(setup: &Setup, cloud: &Cloud) -> Result<()> {
    let tasks = posts("http://127.0.0.1:8080/call/", TASKS);
    let bodies = sent_bodies(setup, cloud, &tasks)?;
    let (mut jobq, mut sdk, mut boto3) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setup.times {
        let project = Project::new(setup, cloud, &tasks)?;
        fs::write(project.path().join(BODIES_FILE), &bodies)?;
        jobq.push(project.push()?);
        expect_all(&project, cloud)?;
        sdk.push(bare::send(&project, BODIES_FILE)?);
        expect_all(&project, cloud)?;
        boto3.push(project.run(&program("python"), ["-c", BOTO3, project.queue(), BODIES_FILE])?);
        expect_all(&project, cloud)?;
    }
    cpu("the SDK", &jobq, &sdk).goal(Goal::TimesMachine(1.3)).print();
    cpu("boto3", &jobq, &boto3).print();
    let rate = |used: &Usage| used.rate(TASKS);
    Row::new("push to SQS: tasks, beside the SDK", Unit::PerSecond, Spread::of(&jobq, rate))
        .beside(Spread::of(&sdk, rate))
        .print();
    Ok(())
}

/// What jobq sends, in its order, one message a line: the others send the same bytes.
fn sent_bodies(setup: &Setup, cloud: &Cloud, tasks: &str) -> Result<String> {
    let project = Project::new(setup, cloud, tasks)?;
    project.push()?;
    let bodies = cloud.take_all(project.queue())?;
    ensure!(bodies.len() == TASKS, "{} of {TASKS} tasks are in the queue", bodies.len());
    Ok(bodies.join("\n"))
}

/// Looks whether the queue holds every task once, and empties it.
fn expect_all(project: &Project<'_>, cloud: &Cloud) -> Result<()> {
    let count = cloud.count(project.queue())?;
    ensure!(count == TASKS as u64, "{count} of {TASKS} tasks are in the queue");
    cloud.purge(project.queue())
}

fn cpu(name: &str, jobq: &[Usage], other: &[Usage]) -> Row {
    let cpu = |used: &Usage| used.cpu_per_10_000(TASKS);
    Row::new(format!("push to SQS: CPU for 10,000, beside {name}"), Unit::Cpu, Spread::of(jobq, cpu))
        .beside(Spread::of(other, cpu))
}
