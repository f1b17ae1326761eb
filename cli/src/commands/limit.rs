//! `jobq limit ls|show|set|reset|pause|resume|verify`.

use std::fmt;

use jobq_core::rate::Pace;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::parse;
use crate::readings::{self, LimitReading, limit_rows, row, table};
use crate::steering::{self, Note, Span, What, Wish};
use crate::verifying;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the limits with the rate they give out now
    Ls,
    /// Show one limit: why it is as fast as it is, its quotas, who drains it
    Show {
        /// The limit, as jobq.toml names it
        limit: String,
    },
    /// Use another pace than the configured one, for a while or until it is reset
    Set {
        /// The limit, as jobq.toml names it
        limit: String,
        /// The pace: 20/s, 300/m, 10/5s, or none for no pace
        #[arg(value_parser = parse::<Pace>)]
        rate: Pace,
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        note: Note,
    },
    /// Go back to the configured pace, and forget what a 429 has left
    Reset {
        /// The limit, as jobq.toml names it
        limit: String,
        #[command(flatten)]
        note: Note,
    },
    /// Start no call, for a while or until it is resumed; calls under way end
    Pause {
        /// The limit, as jobq.toml names it
        limit: String,
        #[command(flatten)]
        span: Span,
        #[command(flatten)]
        note: Note,
    },
    /// Start calls again
    Resume {
        /// The limit, as jobq.toml names it
        limit: String,
        #[command(flatten)]
        note: Note,
    },
    /// Replay the log of calls: was a window passed, and how close did it come; exit code 3 if one was
    Verify(verifying::Args),
}

/// Lists limits, shows one or steers one.
pub(crate) async fn run(command: Command, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global, printer)?;
    match command {
        Command::Ls => {
            let limits = readings::limits(&project, &project.existing_store().await?).await?;
            printer.data(&List { limits })?;
        }
        Command::Show { limit } => {
            let store = project.existing_store().await?;
            let limit = readings::find_limit(&project, Some(&store), &limit).await?;
            printer.data(&Show { reading: readings::limit_reading(&store, &limit).await? })?;
        }
        Command::Set { limit, rate, span, note } => {
            steer(&project, &limit, Wish::for_a_while(What::Set(rate), span, note), printer).await?;
        }
        Command::Reset { limit, note } => {
            steer(&project, &limit, Wish::lasting(What::Reset, note), printer).await?;
        }
        Command::Pause { limit, span, note } => {
            steer(&project, &limit, Wish::for_a_while(What::Pause, span, note), printer).await?;
        }
        Command::Verify(args) => return verifying::run(args, &project, printer).await,
        Command::Resume { limit, note } => {
            steer(&project, &limit, Wish::lasting(What::Resume, note), printer).await?;
        }
    }
    Ok(Exit::Fine)
}

async fn steer(project: &Project, limit: &str, wish: Wish, printer: Printer) -> Result<(), Failure> {
    let store = match project.limit(Some(limit)) {
        // A configured limit may be steered before anything was booked on it.
        Ok(_) => project.store().await?,
        Err(unknown) => project.existing_store().await.map_err(|_| unknown)?,
    };
    let limit = readings::find_limit(project, Some(&store), limit).await?;
    printer.data(&steering::apply(&store, &limit, wish, printer).await?)
}

#[derive(Debug, Serialize)]
struct List {
    limits: Vec<LimitReading>,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table(f, &limit_rows(&self.limits))
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Show {
    reading: LimitReading,
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = &self.reading;
        table(f, &limit_rows(std::slice::from_ref(limit)))?;
        writeln!(f)?;
        let in_flight = limit.max_in_flight.map_or_else(|| "no cap".to_owned(), |cap| cap.to_string());
        let mut rows = vec![
            row(["burst", &limit.burst.to_string()]),
            row(["max in flight", &in_flight]),
            row(["hosts", &limit.hosts.join(", ")]),
        ];
        for quota in &limit.quotas {
            let state = format!("{} used, {} left, frees at {}", quota.used, quota.left, quota.frees_at);
            rows.push(row([&format!("quota {}", quota.quota), &state]));
        }
        rows.extend(limit.drainers.iter().map(|drainer| row(["drainer", drainer])));
        rows.extend(limit.changes.iter().rev().map(|change| row(["changed", &change.to_string()])));
        table(f, &rows)
    }
}
