//! `jobq destroy`: ends the stack, and on demand what outlives it.

use std::fmt;

use jobq_adapters::aws::stack::formation::Formation;
use jobq_adapters::aws::stack::leftovers::Leftovers;
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use serde::Serialize;

use crate::args::Global;
use crate::confirm::{Answer, Consent};
use crate::deploy::account::Account;
use crate::deploy::ending::Remains;
use crate::deploy::patience::persist;
use crate::deploy::situation::Situation;
use crate::deploy::watch::Operation;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Delete queues, dead letters, the ledger and results too, with all that is in them
    #[arg(long)]
    delete_data: bool,
    /// Show what would be deleted, and leave everything as it is
    #[arg(long)]
    dry_run: bool,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

/// Ends the stack of the configuration. What is gone already is fine.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let consent = if args.dry_run { None } else { Some(Consent::by_flag(args.yes)?) };
    let project = Project::open(global, printer)?;
    let account = Account::open(&project).await?;
    let stack = &project.config.stack;
    let ending = Ending {
        name: stack.name.to_string(),
        formation: Formation::open(&account.sdk, stack),
        leftovers: Leftovers::open(&account.sdk, stack, &account.number),
        extent: if args.delete_data { Extent::WithData } else { Extent::WithoutData },
        clock: SystemClock::new(),
        printer,
    };
    printer.data(&ending.run(consent).await?)?;
    Ok(Exit::Fine)
}

/// How much is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The stack alone.
    WithoutData,
    /// What outlives it, too.
    WithData,
}

/// A stack that is to end.
struct Ending {
    name: String,
    formation: Formation,
    leftovers: Leftovers,
    extent: Extent,
    clock: SystemClock,
    printer: Printer,
}

impl Ending {
    /// Ends it, or without consent only looks.
    async fn run(&self, consent: Option<Consent>) -> Result<Report, Failure> {
        let stack = self.stack().await?;
        let remains = self.remains().await?;
        let planned = self.planned(stack.is_some(), &remains);
        let Some(consent) = consent else {
            return Ok(Report { done: Done::Looked, ..planned });
        };
        if !planned.stack_goes && planned.goes.is_empty() {
            self.printer.note(format_args!("there is no stack {}", self.name));
            return Ok(Report { done: Done::Nothing, ..planned });
        }
        if consent.ask(&self.question(&planned), &self.name, self.printer).await? == Answer::No {
            return Err(Failure::failed("not confirmed: nothing was deleted"));
        }
        if let Some(id) = stack {
            self.end(&id).await?;
        }
        // What a stack that was still at work has made meanwhile goes too.
        let done = self.planned(planned.stack_goes, &self.remains().await?);
        done.goes.delete(&self.leftovers, &self.clock, self.printer).await?;
        Ok(Report { done: Done::Destroyed, ..done })
    }

    /// The id of the stack, if there is one that can be deleted.
    async fn stack(&self) -> Result<Option<String>, Failure> {
        let standing = persist(&self.clock, async || self.formation.standing().await).await?;
        let Some(standing) = standing else { return Ok(None) };
        match Situation::of(Some(&standing.status)) {
            Situation::Absent => Ok(None),
            Situation::Busy => {
                let message =
                    format!("the stack {} is in {}: somebody is changing it", self.name, standing.status);
                Err(Failure::failed(message).hint("wait until that is over and try again"))
            }
            _ => Ok(Some(standing.id)),
        }
    }

    async fn remains(&self) -> Result<Remains, Failure> {
        Remains::find(&self.leftovers, &self.clock).await
    }

    /// What is to go and what is to stay. Programs go with the stack: they are made anew.
    fn planned(&self, stack_goes: bool, remains: &Remains) -> Report {
        let (goes, stays) = match (self.extent, stack_goes) {
            (Extent::WithData, _) => (remains.clone(), Remains::default()),
            (Extent::WithoutData, true) => (remains.programs(), remains.data()),
            (Extent::WithoutData, false) => (Remains::default(), remains.clone()),
        };
        Report { stack: self.name.clone(), done: Done::Looked, stack_goes, goes, stays }
    }

    fn question(&self, planned: &Report) -> String {
        let stack =
            if planned.stack_goes { format!("Delete the stack {}", self.name) } else { "Delete".to_owned() };
        match self.extent {
            Extent::WithoutData => format!("{stack}? Its queues, ledger and results stay."),
            Extent::WithData => {
                let and = if planned.stack_goes { " and all that outlives it" } else { " all that is left" };
                format!("{stack}{and}? What can't be made anew is lost: {}.", planned.goes.loss())
            }
        }
    }

    async fn end(&self, id: &str) -> Result<(), Failure> {
        let token = format!("jobq-{}", self.clock.now().as_nanos());
        persist(&self.clock, async || self.formation.delete(&token).await).await?;
        let failed = format!("the stack {} couldn't be deleted", self.name);
        let operation = Operation { formation: &self.formation, stack_id: id, token: &token, failed };
        operation.follow(&self.clock, self.printer).await
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Done {
    /// What goes has gone.
    Destroyed,
    /// It was only looked at.
    Looked,
    /// There was nothing to delete.
    Nothing,
}

#[derive(Debug, Serialize)]
struct Report {
    stack: String,
    done: Done,
    stack_goes: bool,
    goes: Remains,
    stays: Remains,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.done {
            Done::Destroyed => "deleted",
            Done::Looked => "would be deleted",
            Done::Nothing => "nothing to delete",
        };
        if self.stack_goes {
            writeln!(f, "{word}: the stack {}", self.stack)?;
        }
        if !self.goes.is_empty() {
            write!(f, "{word}:\n{}", self.goes)?;
        }
        if !self.stays.is_empty() {
            write!(f, "kept:\n{}", self.stays)?;
            writeln!(f, "delete it, with all that is in it: jobq destroy --delete-data")?;
        }
        if !self.stack_goes && self.goes.is_empty() && self.stays.is_empty() {
            writeln!(f, "nothing is left of {}", self.stack)?;
        }
        Ok(())
    }
}
