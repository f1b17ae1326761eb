//! `jobq doctor`: what is wrong with this setup, and what to type.

use std::path::PathBuf;

use jobq_adapters::clock::SystemClock;
use jobq_core::config::backend::Backend;

use crate::args::Global;
use crate::commands::{deploy, synth};
use crate::doctor::cloud::Examination;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::local;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::{Project, config_text};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare the functions with the programs in this folder [default: the folder of jobq itself]
    #[arg(long, value_name = "DIR")]
    bootstraps: Option<PathBuf>,
}

/// Looks at everything and changes nothing. Fails if something is wrong.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    let findings = match project.backend {
        Backend::Local => Findings::new("local", local::examine(&project, global).await),
        Backend::Aws => Findings::new("aws", on_aws(args, &project, global, printer).await?),
    };
    printer.data(&findings)?;
    Ok(if findings.are_wrong() { Exit::Failed } else { Exit::Fine })
}

async fn on_aws(
    args: Args,
    project: &Project,
    global: &Global,
    printer: Printer,
) -> Result<Vec<Finding>, Failure> {
    let text = config_text(global)?;
    let template = synth::template(&project.config)?.to_json();
    // Who only pushes has no programs to deploy.
    let packages = deploy::packages(args.bootstraps, project, &text, printer).ok();
    let at_hand = packages.is_some();
    let examination = Examination { project, template, packages, clock: SystemClock::new() };
    let mut findings = examination.findings().await;
    if !at_hand {
        let what = "not compared: there are no programs here that could be deployed";
        findings.push(Finding::ok("programs", what));
    }
    Ok(findings)
}
