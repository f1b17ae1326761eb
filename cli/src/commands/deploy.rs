//! `jobq deploy`: makes the stack, or changes it to what jobq.toml says.

use std::path::PathBuf;

use indicatif::HumanBytes;
use jobq_adapters::aws::stack::artifacts::{Artifacts, Before};
use jobq_adapters::aws::stack::change_set::{Argument, ChangeSet, Intent};
use jobq_adapters::aws::stack::formation::{Formation, Output, Standing};
use jobq_adapters::aws::stack::leftovers::Leftovers;
use jobq_adapters::clock::SystemClock;
use jobq_core::config::backend::Backend;
use jobq_core::fault::FaultKind;
use jobq_core::human::counted;
use jobq_core::ports::clock::Clock;
use jobq_infra::parameters::{ARTIFACTS_BUCKET, AUTOSCALER_CODE, DRAINER_CODE};
use jobq_infra::template::Template;

use crate::args::Global;
use crate::commands::synth;
use crate::confirm::{Answer, Consent};
use crate::deploy::account::Account;
use crate::deploy::adoption::{Adoption, Search};
use crate::deploy::bootstraps;
use crate::deploy::changes::Changes;
use crate::deploy::hints::hint;
use crate::deploy::outcome::{Done, ProgramReport, Report};
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
    let project = Project::open(global, printer)?;
    let template = synth::template(&project.config)?;
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

/// What was settled about changes.
enum Settled {
    /// There is nothing to change.
    Nothing,
    /// These were only to be looked at.
    Looked(Changes),
    /// These are to be made, by this change set.
    Agreed(Changes, ChangeSet),
}

/// What is to be deployed, and where.
struct Deployment {
    project: Project,
    account: Account,
    formation: Formation,
    artifacts: Artifacts,
    leftovers: Leftovers,
    packages: [Package; 2],
    template: Template,
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
        template: Template,
        printer: Printer,
    ) -> Self {
        let (stack, clock) = (&project.config.stack, SystemClock::new());
        Self {
            formation: Formation::open(&account.sdk, stack),
            artifacts: Artifacts::open(&account.sdk, stack, &account.number),
            leftovers: Leftovers::open(&account.sdk, stack, &account.number),
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
        let mut standing = self.made_ready(consent).await?;
        let mut adopted = Changes::none();
        if let Some(adoption) = self.search().adoption(&self.template).await? {
            let request = self.adopting(adoption, standing.as_ref());
            match self.settle(&request, consent).await? {
                Settled::Looked(changes) => {
                    self.printer.note("what else would change is compared when these are the stack's");
                    return Ok(self.report(changes, Done::Looked, &[]));
                }
                Settled::Nothing => {}
                Settled::Agreed(changes, change_set) => {
                    standing = self.execute(&request, &change_set, "adopt what was kept").await?;
                    adopted = changes;
                }
            }
        }
        let request = self.request(standing.as_ref());
        let (changes, change_set) = match self.settle(&request, consent).await? {
            Settled::Looked(changes) => return Ok(self.report(changes, Done::Looked, &[])),
            Settled::Agreed(changes, change_set) => (changes, change_set),
            Settled::Nothing => {
                self.printer.note(format_args!("the stack {} is what jobq.toml says", self.name()));
                let outputs = standing.map(|standing| standing.outputs).unwrap_or_default();
                let done = if adopted.count() == 0 { Done::Nothing } else { Done::Deployed };
                return Ok(self.report(adopted, done, &outputs));
            }
        };
        let outputs = self.make(&request, &change_set).await?;
        self.tell_what_is_next();
        Ok(self.report(adopted.and(changes), Done::Deployed, &outputs))
    }

    fn search(&self) -> Search<'_> {
        Search {
            sdk: &self.account.sdk,
            formation: &self.formation,
            leftovers: &self.leftovers,
            clock: &self.clock,
        }
    }

    /// Has it compared and shown what would change, and asks. What isn't to be made leaves nothing behind.
    async fn settle(&self, request: &Request<'_>, consent: Option<Consent>) -> Result<Settled, Failure> {
        let (changes, change_set) = match request.propose(&self.clock).await? {
            Proposal::Changes(changes, change_set) => (Changes::new(&changes), change_set),
            Proposal::Nothing => return Ok(Settled::Nothing),
        };
        for warning in changes.warnings() {
            self.printer.warn(warning);
        }
        let (count, name) = (changes.count(), self.name());
        let what = match request.intent {
            Intent::Import(_) => {
                self.printer.note(format_args!(
                    "to be adopted, kept from before with all that is in them: {}",
                    counted(count, "resource")
                ));
                format!("Adopt {} into the stack {name}", counted(count, "resource"))
            }
            Intent::Create | Intent::Update => {
                format!("Make {} to the stack {name}", counted(count, "change"))
            }
        };
        let Some(consent) = consent else {
            request.withdraw(&change_set, &self.clock).await?;
            return Ok(Settled::Looked(changes));
        };
        self.printer.note(&changes);
        let question = format!("{what} in {} of account {}?", self.account.sdk.region(), self.account.number);
        if consent.ask(&question, "yes", self.printer).await? == Answer::No {
            request.withdraw(&change_set, &self.clock).await?;
            return Err(Failure::failed("not confirmed: nothing of this was changed"));
        }
        Ok(Settled::Agreed(changes, change_set))
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
        self.operation(id, &token, "be deleted").follow(&self.clock, self.printer).await
    }

    fn request(&self, standing: Option<&Standing>) -> Request<'_> {
        let [drainer, autoscaler] = &self.packages;
        let whole =
            standing.is_some_and(|standing| Situation::of(Some(&standing.status)) == Situation::Whole);
        let parameters = [
            (ARTIFACTS_BUCKET, self.artifacts.name().to_owned()),
            (DRAINER_CODE, drainer.key()),
            (AUTOSCALER_CODE, autoscaler.key()),
        ];
        Request {
            formation: &self.formation,
            artifacts: &self.artifacts,
            template: self.template.to_json().to_string(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), Argument::Is(value))).into(),
            intent: if whole { Intent::Update } else { Intent::Create },
            stack_before: before(standing),
            name: self.token.clone(),
        }
    }

    fn adopting(&self, adoption: Adoption, standing: Option<&Standing>) -> Request<'_> {
        Request {
            formation: &self.formation,
            artifacts: &self.artifacts,
            template: adoption.template,
            parameters: adoption.parameters,
            intent: adoption.intent,
            stack_before: before(standing),
            name: format!("{}-adoption", self.token),
        }
    }

    /// Uploads the programs and has the changes made.
    async fn make(&self, request: &Request<'_>, change_set: &ChangeSet) -> Result<Vec<Output>, Failure> {
        let uploaded = tokio::select! {
            uploaded = self.upload() => uploaded,
            _ = tokio::signal::ctrl_c() => Err(Failure::failed("broken off: nothing of this was changed")),
        };
        if let Err(failure) = uploaded {
            request.withdraw(change_set, &self.clock).await?;
            return Err(failure);
        }
        let word = if request.intent == Intent::Create { "be made" } else { "be changed" };
        let standing = self.execute(request, change_set, word).await?;
        self.sweep().await;
        Ok(standing.map(|standing| standing.outputs).unwrap_or_default())
    }

    /// Has CloudFormation do it and waits until it has; the stack as it stands then.
    async fn execute(
        &self,
        request: &Request<'_>,
        change_set: &ChangeSet,
        what: &str,
    ) -> Result<Option<Standing>, Failure> {
        let token = &request.name;
        let begun = persist(&self.clock, async || self.formation.execute(change_set, token).await).await;
        if let Err(fault) = begun {
            // Where the answer was lost, CloudFormation may be at it.
            if fault.kind() == FaultKind::Lasting {
                request.withdraw(change_set, &self.clock).await?;
            }
            let hint = hint(&fault.chain());
            return Err(Failure::from(fault).hint(hint));
        }
        self.operation(&change_set.stack_id, token, what).follow(&self.clock, self.printer).await?;
        Ok(persist(&self.clock, async || self.formation.standing().await).await?)
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

    fn operation<'a>(&'a self, stack_id: &'a str, token: &'a str, what: &str) -> Operation<'a> {
        let failed = format!("the stack {} couldn't {what}", self.name());
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

fn before(standing: Option<&Standing>) -> Before {
    if standing.is_some() { Before::There } else { Before::Missing }
}

fn stuck(called: &str, status: Option<&str>, name: &str) -> Failure {
    let hint = if status == Some("DELETE_FAILED") {
        "end it first: jobq destroy".to_owned()
    } else {
        format!("have it go back: aws cloudformation continue-update-rollback --stack-name {name}")
    };
    Failure::failed(format!("{called}: CloudFormation takes no change to it")).hint(hint)
}
