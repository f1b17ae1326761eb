//! `jobq queue ls|show|pause|resume|purge`.

use std::fmt;
use std::num::NonZeroU32;

use indicatif::HumanCount;
use jobq_adapters::clock::SystemClock;
use jobq_core::config::nearest::suggestion;
use jobq_core::human;
use jobq_core::name::QueueName;
use jobq_core::ports::clock::Clock;
use jobq_core::queue::Queue;
use serde::Serialize;

use crate::args::Global;
use crate::coming::{self, Coming};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::openings::Openings;
use crate::printer::Printer;
use crate::project::Project;
use crate::purging;
use crate::readings::lookback::Lookback;
use crate::readings::overview::{Extent, Overview, look};
use crate::readings::queues::{QueueReading, queue_rows};
use crate::readings::{row, table};
use crate::steering::{self, Note, Span, What, Wish, Written};
use crate::store::Store;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the queues with their counts
    Ls,
    /// Show one queue: counts and settings
    Show {
        /// The queue
        queue: String,
    },
    /// Start no call of a queue's tasks, for a while or until it is resumed; calls under way end
    Pause {
        /// The queue, as jobq.toml names it
        queue: String,
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        note: Note,
    },
    /// Start calls of a queue's tasks again
    Resume {
        /// The queue, as jobq.toml names it
        queue: String,
        #[command(flatten)]
        note: Note,
    },
    /// Delete every task that waits in a queue; its dead letters stay
    Purge(purging::Args),
}

/// Lists queues, shows one, pauses, resumes or purges one.
pub(crate) async fn run(command: Command, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    match command {
        Command::Ls => {
            let queues = overview(&project, &project.existing_store().await?, printer).await?.queues;
            printer.data(&List { queues })?;
        }
        Command::Show { queue } => {
            let store = project.existing_store().await?;
            let queues = overview(&project, &store, printer).await?.queues;
            printer.data(&show(&project, &store, queues, &queue).await?)?;
        }
        Command::Pause { queue, span, note } => {
            let queue = project.queue(&queue)?;
            let wish = Wish::for_a_while(What::PauseQueue(queue.name.clone()), span, note);
            steer(&project, queue, wish, printer).await?;
        }
        Command::Resume { queue, note } => {
            let queue = project.queue(&queue)?;
            let wish = Wish::lasting(What::ResumeQueue(queue.name.clone()), note);
            steer(&project, queue, wish, printer).await?;
        }
        Command::Purge(args) => return purging::run(args, &project, printer).await,
    }
    Ok(Exit::Fine)
}

/// The queues, and the limits of the configuration.
async fn overview(project: &Project, store: &Store, printer: Printer) -> Result<Overview, Failure> {
    let lookback = Lookback::new(project, store).await?;
    let overview = look(project, store, &lookback, Extent::Configured).await?;
    if let Some(warning) = &overview.warning {
        printer.warn(warning);
    }
    Ok(overview)
}

/// Writes the change into the document of the queue's limit: its drainers obey at their next lease.
async fn steer(project: &Project, queue: &Queue, wish: Wish, printer: Printer) -> Result<(), Failure> {
    let store = project.store().await?;
    let written = steering::write(&store, &queue.limit, wish).await?;
    if let Some(rival) = written.rival() {
        printer.warn(rival);
    }
    let queues = overview(project, &store, printer).await?.queues;
    let reading = queues.into_iter().find(|reading| reading.queue == queue.name.as_str());
    let reading = reading.ok_or_else(|| Failure::failed(format!("read queue '{}' back", queue.name)))?;
    printer.data(&Steered { written, reading })
}

/// What was done, and the queue as it is now.
#[derive(Debug, Serialize)]
struct Steered {
    #[serde(flatten)]
    written: Written,
    #[serde(flatten)]
    reading: QueueReading,
}

impl fmt::Display for Steered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &queue_rows(std::slice::from_ref(&self.reading)))
    }
}

async fn show(
    project: &Project,
    store: &Store,
    queues: Vec<QueueReading>,
    name: &str,
) -> Result<Show, Failure> {
    let names: Vec<String> = queues.iter().map(|queue| queue.queue.clone()).collect();
    let Some(reading) = queues.into_iter().find(|queue| queue.queue == name) else {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hint = suggestion(name, "queue", &names);
        return Err(Failure::usage(format!("there is no queue '{name}'")).hint(hint));
    };
    let configured = project.config.queues.values().find(|queue| queue.name.as_str() == name);
    let now = SystemClock::new().now();
    let named: QueueName =
        name.parse().map_err(|error: jobq_core::name::NameError| Failure::usage(error.to_string()))?;
    let [high, normal, bulk] = store.ready_by_lane(&named).await?;
    Ok(Show {
        reading,
        lanes: Lanes { high, normal, bulk },
        settings: configured.map(Settings::from),
        openings: configured.map(|queue| Openings::at(now, &queue.schedule)),
        pushes: coming::to_queue(&project.config, name, now),
    })
}

#[derive(Debug, Serialize)]
struct List {
    queues: Vec<QueueReading>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &queue_rows(&self.queues))
    }
}

#[derive(Debug, Serialize)]
struct Show {
    #[serde(flatten)]
    reading: QueueReading,
    lanes: Lanes,
    /// None where the queue isn't in the configuration.
    settings: Option<Settings>,
    openings: Option<Openings>,
    pushes: Vec<Coming>,
}

/// How many tasks of each lane may be received now.
#[derive(Debug, Serialize)]
struct Lanes {
    high: u64,
    normal: u64,
    bulk: u64,
}

#[derive(Debug, Serialize)]
struct Settings {
    weight: u32,
    bulk_above: Option<u32>,
    timeout: String,
    visibility: String,
    max_attempts: u32,
    min_backoff: String,
    max_backoff: String,
    max_age: Option<String>,
    max_response: u64,
    results: Option<String>,
}

impl From<&Queue> for Settings {
    fn from(queue: &Queue) -> Self {
        Self {
            weight: queue.weight.get(),
            bulk_above: queue.bulk_above.map(NonZeroU32::get),
            timeout: human::duration(queue.timeout),
            visibility: human::duration(queue.visibility),
            max_attempts: queue.retry.max_attempts.get(),
            min_backoff: human::duration(queue.retry.min_backoff),
            max_backoff: human::duration(queue.retry.max_backoff),
            max_age: queue.retry.max_age.map(human::duration),
            max_response: queue.max_response,
            results: queue.results.as_ref().map(ToString::to_string),
        }
    }
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &queue_rows(std::slice::from_ref(&self.reading)))?;
        let Lanes { high, normal, bulk } = &self.lanes;
        let counts = [high, normal, bulk].map(|count| HumanCount(*count).to_string());
        writeln!(f, "\nready by lane: {} high, {} normal, {} bulk", counts[0], counts[1], counts[2])?;
        let Some(settings) = &self.settings else {
            return writeln!(f, "\nnot in jobq.toml: made by 'jobq run', or removed since");
        };
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        writeln!(f)?;
        table(
            f,
            &[
                row(["weight", &settings.weight.to_string()]),
                row([
                    "bulk above",
                    &settings.bulk_above.map_or("never".to_owned(), |most| format!("{most} tasks")),
                ]),
                row(["timeout", &settings.timeout]),
                row(["visibility", &settings.visibility]),
                row(["attempts", &settings.max_attempts.to_string()]),
                row(["backoff", &format!("{} to {}", settings.min_backoff, settings.max_backoff)]),
                row(["max age", &or_none(&settings.max_age)]),
                row(["max response", &format!("{} bytes", settings.max_response)]),
                row(["results", &or_none(&settings.results)]),
            ],
        )?;
        let Some(openings) = &self.openings else { return Ok(()) };
        writeln!(f)?;
        table(f, &openings.rows())?;
        if self.pushes.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        table(f, &self.pushes.iter().flat_map(Coming::rows).collect::<Vec<_>>())
    }
}
