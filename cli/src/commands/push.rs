//! `jobq push QUEUE FILE`.

use std::fmt;
use std::path::PathBuf;

use indicatif::HumanCount;
use jobq_core::config::backend::Backend;
use jobq_core::human::counted;
use jobq_producer::survey::Survey;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::{Prepared, PushReport, SourceArgs};
use crate::store::Store;
use crate::waking::wake;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue, as jobq.toml names it
    queue: String,
    /// The file with the tasks; - is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    source: SourceArgs,
}

/// Sends the tasks of a file.
pub(crate) async fn run(args: Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    let queue = project.queue(&args.queue)?;
    let mut prepared = args.source.prepare(&args.file, Some(queue), project.backend)?;
    if args.source.dry_run {
        let survey = prepared.survey(printer)?;
        printer.data(&SurveyReport::new(&survey))?;
        return Ok(if survey.counts.refused > 0 { Exit::Failed } else { Exit::Fine });
    }
    let store = project.store().await?;
    let report = match project.backend {
        Backend::Local => prepared.push(&store, printer).await?,
        Backend::Aws => push_and_wake(&mut prepared, &store, &project, printer).await?,
    };
    printer.data(&report)?;
    Ok(if report.is_clean() { Exit::Fine } else { Exit::Failed })
}

/// Sends the tasks, and has the autoscaler look at the queues as soon as the first ones are there, and at the end.
async fn push_and_wake(
    prepared: &mut Prepared,
    store: &Store,
    project: &Project,
    printer: Printer,
) -> Result<PushReport, Failure> {
    let begun = prepared.begun();
    let pushing = prepared.push(store, printer);
    tokio::pin!(pushing);
    let waking = async {
        begun.notified().await;
        wake(project, printer).await;
    };
    let report = tokio::select! {
        report = &mut pushing => report?,
        () = waking => pushing.await?,
    };
    if report.sent > 0 {
        wake(project, printer).await;
    }
    Ok(report)
}

/// What a file holds, nothing sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SurveyReport {
    dry_run: bool,
    tasks: u64,
    duplicates: u64,
    /// How many of them would go to bulk because there are so many.
    to_bulk: u64,
    refused: u64,
    hosts: Vec<String>,
    first: Vec<String>,
}

impl SurveyReport {
    /// The report of a survey.
    pub(crate) fn new(survey: &Survey) -> Self {
        let first = survey.first.iter();
        Self {
            dry_run: true,
            tasks: survey.counts.tasks,
            duplicates: survey.counts.duplicates,
            to_bulk: survey.counts.to_bulk,
            refused: survey.counts.refused,
            hosts: survey.endpoints.iter().map(ToString::to_string).collect(),
            first: first
                .map(|task| format!("{} {}", task.request.method.as_str(), task.request.url))
                .collect(),
        }
    }
}

impl fmt::Display for SurveyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", counted(self.tasks, "task"))?;
        if self.duplicates > 0 {
            write!(f, ", {} within the file", counted(self.duplicates, "duplicate"))?;
        }
        write!(f, ", {} refused", HumanCount(self.refused))?;
        if self.to_bulk > 0 {
            write!(f, ", {} for bulk", HumanCount(self.to_bulk))?;
        }
        writeln!(f, "; nothing was sent")?;
        writeln!(f, "hosts: {}", self.hosts.join(", "))?;
        self.first.iter().try_for_each(|call| writeln!(f, "  {call}"))
    }
}
