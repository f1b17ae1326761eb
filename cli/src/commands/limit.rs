//! `jobq limit ls|show`.

use std::fmt;

use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::readings::{self, LimitReading, limit_rows, row, table};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the limits with the rate they give out now
    Ls,
    /// Show one limit: why it is as fast as it is, its quotas, who drains it
    Show {
        /// The limit, as jobq.toml names it
        limit: String,
    },
}

/// Lists limits or shows one.
pub(crate) async fn run(command: Command, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    match command {
        Command::Ls => {
            let limits = readings::limits(&project, &project.existing_store().await?).await?;
            printer.data(&List { limits })?;
        }
        Command::Show { limit } => {
            let store = project.existing_store().await?;
            let booked = store.limits().await?.into_iter().find(|name| name.as_str() == limit);
            let limit = match (project.limit(Some(&limit)), booked) {
                (Ok(configured), _) => configured.clone(),
                (Err(_), Some(name)) => readings::limit_of_a_run(&store, name).await?,
                (Err(unknown), None) => return Err(unknown),
            };
            printer.data(&Show { reading: readings::limit_reading(&store, &limit).await? })?;
        }
    }
    Ok(Exit::Fine)
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
        table(f, &rows)
    }
}
