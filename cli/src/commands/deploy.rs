//! `jobq deploy`: makes the stack, or changes it to what jobq.toml says.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use indicatif::HumanBytes;
use jobq_adapters::aws::stack::artifacts::{Artifacts, Before};
use jobq_adapters::aws::stack::change_set::{ChangeSet, Intent};
use jobq_adapters::aws::stack::formation::{Formation, Output, Standing};
use jobq_adapters::clock::SystemClock;
use jobq_core::config::backend::Backend;
use jobq_core::fault::FaultKind;
use jobq_core::ports::clock::Clock;
use jobq_infra::parameters::{ARTIFACTS_BUCKET, AUTOSCALER_CODE, DRAINER_CODE};
use serde::Serialize;

use crate::args::Global;
use crate::commands::synth;
use crate::confirm::{Answer, Consent};
use crate::deploy::account::Account;
use crate::deploy::bootstraps;
use crate::deploy::changes::Changes;
use crate::deploy::hints::hint;
use crate::deploy::package::Package;
use crate::deploy::patience::persist;
use crate::deploy::proposal::{Proposal, Request};
use crate::deploy::situation::Situation;
use crate::deploy::watch::Operation;
use crate::env_vars;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::{Project, config_text};
use crate::readings::{row, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Take the programs 'drainer' and 'autoscaler' from this folder [default: the folder of jobq itself]
    #[arg(long, value_name = "DIR")]
    bootstraps: Option<PathBuf>,
    /// Show what would change, and leave everything as it is
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

/// Deploys the stack of the configuration, whichever backend is the default.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let consent = if args.dry_run { None } else { Some(Consent::by_flag(args.yes)?) };
    let text = config_text(global)?;
    let project = Project::open(global)?;
    let template = synth::template(&project.config)?.to_json().to_string();
    let packages = packages(args.bootstraps, &project, &text, printer)?;
    let account = Account::open(&project).await?;
    let deployment = Deployment::new(project, account, packages, template, printer);
    printer.data(&deployment.run(consent).await?)?;
    Ok(Exit::Fine)
}

/// The zips of both programs, the drainer's first.
pub(crate) fn packages(
    folder: Option<PathBuf>,
    project: &Project,
    config: &str,
    printer: Printer,
) -> Result<[Package; 2], Failure> {
    let folder = folder.map_or_else(env_vars::own_folder, Ok)?;
    let [drainer, autoscaler] = bootstraps::read(&folder, project.config.stack.architecture, printer)?;
    Ok([Package::make(&drainer, config)?, Package::make(&autoscaler, config)?])
}

/// What is to be deployed, and where.
struct Deployment {
    project: Project,
    account: Account,
    formation: Formation,
    artifacts: Artifacts,
    packages: [Package; 2],
    template: String,
    /// Marks what this deployment does.
    token: String,
    clock: SystemClock,
    printer: Printer,
}

impl Deployment {
    fn new(
        project: Project,
        account: Account,
        packages: [Package; 2],
        template: String,
        printer: Printer,
    ) -> Self {
        let (stack, clock) = (&project.config.stack, SystemClock::new());
        Self {
            formation: Formation::open(&account.sdk, stack),
            artifacts: Artifacts::open(&account.sdk, stack, &account.number),
            token: format!("jobq-{}", clock.now().as_nanos()),
            project,
            account,
            packages,
            template,
            clock,
            printer,
        }
    }

    /// Deploys, or without consent only looks.
    async fn run(&self, consent: Option<Consent>) -> Result<Report, Failure> {
        let standing = self.made_ready(consent).await?;
        let request = self.request(standing.as_ref());
        let (changes, change_set) = match request.propose(&self.clock).await? {
            Proposal::Changes(changes, change_set) => (Changes::new(&changes), change_set),
            Proposal::Nothing => {
                self.printer.note(format_args!("the stack {} is what jobq.toml says", self.name()));
                let outputs = standing.map(|standing| standing.outputs).unwrap_or_default();
                return Ok(self.report(Changes::none(), Done::Nothing, &outputs));
            }
        };
        for warning in changes.warnings() {
            self.printer.warn(warning);
        }
        let Some(consent) = consent else {
            request.withdraw(&change_set, &self.clock).await?;
            return Ok(self.report(changes, Done::Looked, &[]));
        };
        self.printer.note(&changes);
        let question = format!(
            "Make these {} changes to the stack {} in {} of account {}?",
            changes.count(),
            self.name(),
            self.account.sdk.region(),
            self.account.number
        );
        if consent.ask(&question, "yes", self.printer).await? == Answer::No {
            request.withdraw(&change_set, &self.clock).await?;
            return Err(Failure::failed("not confirmed: nothing was changed"));
        }
        let outputs = self.make(&request, &change_set).await?;
        self.tell_what_is_next();
        Ok(self.report(changes, Done::Deployed, &outputs))
    }

    /// The stack as it can be worked with. One that was never whole is deleted first: nothing can be made of it.
    async fn made_ready(&self, consent: Option<Consent>) -> Result<Option<Standing>, Failure> {
        let standing = persist(&self.clock, async || self.formation.standing().await).await?;
        let (id, status) = match &standing {
            Some(standing) => (standing.id.as_str(), Some(standing.status.as_str())),
            None => ("", None),
        };
        let called = format!("the stack {} is in {}", self.name(), status.unwrap_or_default());
        match Situation::of(status) {
            Situation::Absent => Ok(None),
            Situation::Empty | Situation::Whole => Ok(standing),
            Situation::Busy => Err(Failure::failed(format!("{called}: somebody is changing it"))
                .hint("wait until that is over and try again")),
            Situation::Stuck => Err(stuck(&called, status, self.name())),
            Situation::Husk if consent.is_none() => Err(Failure::failed(format!(
                "{called}: it was never whole, and nothing can be compared with it"
            ))
            .hint("type 'jobq deploy': it deletes what is there of it first")),
            Situation::Husk => {
                self.printer.note(format_args!("{called}: deleting it, for it was never whole"));
                self.delete_husk(id).await?;
                Ok(None)
            }
        }
    }

    async fn delete_husk(&self, id: &str) -> Result<(), Failure> {
        let token = format!("{}-husk", self.token);
        persist(&self.clock, async || self.formation.delete(&token).await).await?;
        self.operation(id, &token, "deleted").follow(&self.clock, self.printer).await
    }

    fn request(&self, standing: Option<&Standing>) -> Request<'_> {
        let [drainer, autoscaler] = &self.packages;
        let whole =
            standing.is_some_and(|standing| Situation::of(Some(&standing.status)) == Situation::Whole);
        Request {
            formation: &self.formation,
            artifacts: &self.artifacts,
            template: self.template.clone(),
            parameters: vec![
                (ARTIFACTS_BUCKET, self.artifacts.name().to_owned()),
                (DRAINER_CODE, drainer.key()),
                (AUTOSCALER_CODE, autoscaler.key()),
            ],
            intent: if whole { Intent::Update } else { Intent::Create },
            stack_before: if standing.is_some() { Before::There } else { Before::Missing },
            name: self.token.clone(),
        }
    }

    /// Uploads the programs and has the changes made.
    async fn make(&self, request: &Request<'_>, change_set: &ChangeSet) -> Result<Vec<Output>, Failure> {
        let uploaded = tokio::select! {
            uploaded = self.upload() => uploaded,
            _ = tokio::signal::ctrl_c() => Err(Failure::failed("broken off: nothing was changed")),
        };
        if let Err(failure) = uploaded {
            request.withdraw(change_set, &self.clock).await?;
            return Err(failure);
        }
        let begun =
            persist(&self.clock, async || self.formation.execute(change_set, &self.token).await).await;
        if let Err(fault) = begun {
            // Where the answer was lost, CloudFormation may be at it.
            if fault.kind() == FaultKind::Lasting {
                request.withdraw(change_set, &self.clock).await?;
            }
            let hint = hint(&fault.chain());
            return Err(Failure::from(fault).hint(hint));
        }
        let word = if request.intent == Intent::Create { "made" } else { "changed" };
        self.operation(&change_set.stack_id, &self.token, word).follow(&self.clock, self.printer).await?;
        self.sweep().await;
        let standing = persist(&self.clock, async || self.formation.standing().await).await?;
        Ok(standing.map(|standing| standing.outputs).unwrap_or_default())
    }

    async fn upload(&self) -> Result<(), Failure> {
        persist(&self.clock, async || self.artifacts.make().await).await?;
        for package in &self.packages {
            let key = package.key();
            if persist(&self.clock, async || self.artifacts.holds(&key).await).await? {
                continue;
            }
            persist(&self.clock, async || self.artifacts.put(&key, package.zip.clone()).await).await?;
            let sizes = (HumanBytes(package.unzipped as u64), HumanBytes(package.zip.len() as u64));
            let name = package.program.name();
            self.printer.note(format_args!("  uploaded {name}: {}, zipped {}", sizes.0, sizes.1));
        }
        Ok(())
    }

    /// Deletes programs of earlier deployments: a change that fails goes back to the one before it, and no further.
    /// What can't be deleted now costs a few cents until the next time.
    async fn sweep(&self) {
        let Ok(keys) = persist(&self.clock, async || self.artifacts.keys().await).await else {
            return;
        };
        let current: Vec<String> = self.packages.iter().map(Package::key).collect();
        for key in keys.iter().filter(|key| !current.contains(key)) {
            let _ = persist(&self.clock, async || self.artifacts.remove(key).await).await;
        }
    }

    fn operation<'a>(&'a self, stack_id: &'a str, token: &'a str, word: &str) -> Operation<'a> {
        let failed = format!("the stack {} couldn't be {word}", self.name());
        Operation { formation: &self.formation, stack_id, token, failed }
    }

    fn tell_what_is_next(&self) {
        let flag = if self.project.config.backend == Backend::Aws { "" } else { " --backend aws" };
        self.printer.note(format_args!("look it over: jobq doctor{flag}"));
        self.printer.note(format_args!("push tasks:   jobq push QUEUE FILE{flag}"));
    }

    fn name(&self) -> &str {
        self.project.config.stack.name.as_str()
    }

    fn report(&self, changes: Changes, done: Done, outputs: &[Output]) -> Report {
        Report {
            stack: self.name().to_owned(),
            region: self.account.sdk.region().to_owned(),
            account: self.account.number.clone(),
            done,
            changes,
            programs: self.packages.iter().map(ProgramReport::from).collect(),
            outputs: outputs.iter().map(|output| (output.key.clone(), output.value.clone())).collect(),
            told: outputs.iter().map(|output| (output.description.clone(), output.value.clone())).collect(),
        }
    }
}

fn stuck(called: &str, status: Option<&str>, name: &str) -> Failure {
    let hint = if status == Some("DELETE_FAILED") {
        "end it first: jobq destroy".to_owned()
    } else {
        format!("have it go back: aws cloudformation continue-update-rollback --stack-name {name}")
    };
    Failure::failed(format!("{called}: CloudFormation takes no change to it")).hint(hint)
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Done {
    /// The changes were made.
    Deployed,
    /// The changes were only looked at.
    Looked,
    /// There was nothing to change.
    Nothing,
}

#[derive(Debug, Serialize)]
struct Report {
    stack: String,
    region: String,
    account: String,
    done: Done,
    changes: Changes,
    programs: Vec<ProgramReport>,
    outputs: BTreeMap<String, String>,
    /// The same for people.
    #[serde(skip)]
    told: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct ProgramReport {
    program: &'static str,
    key: String,
    bytes: usize,
    zipped_bytes: usize,
}

impl From<&Package> for ProgramReport {
    fn from(package: &Package) -> Self {
        Self {
            program: package.program.name(),
            key: package.key(),
            bytes: package.unzipped,
            zipped_bytes: package.zip.len(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.done != Done::Deployed {
            return self.changes.fmt(f);
        }
        let rows: Vec<Vec<String>> =
            self.told.iter().map(|(description, value)| row([description, value])).collect();
        table(f, &rows)
    }
}
