//! `jobq push QUEUE FILE`.

use std::fmt;
use std::path::PathBuf;

use indicatif::HumanCount;
use jobq_producer::survey::Survey;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::SourceArgs;

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
    let project = Project::open(global)?;
    let queue = project.queue(&args.queue)?;
    let mut prepared = args.source.prepare(&args.file, Some(&queue.name))?;
    if args.source.dry_run {
        let survey = prepared.survey(printer)?;
        printer.data(&SurveyReport::new(&survey))?;
        return Ok(if survey.counts.refused > 0 { Exit::Failed } else { Exit::Fine });
    }
    let report = prepared.push(&project.store()?, printer).await?;
    printer.data(&report)?;
    Ok(if report.is_clean() { Exit::Fine } else { Exit::Failed })
}

/// What a file holds, nothing sent.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SurveyReport {
    dry_run: bool,
    tasks: u64,
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
        writeln!(
            f,
            "{} tasks, {} refused; nothing was sent",
            HumanCount(self.tasks),
            HumanCount(self.refused)
        )?;
        writeln!(f, "hosts: {}", self.hosts.join(", "))?;
        self.first.iter().try_for_each(|call| writeln!(f, "  {call}"))
    }
}
