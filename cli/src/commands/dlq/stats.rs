//! `jobq dlq stats`.

use std::fmt;

use indicatif::HumanCount;
use jobq_core::name::QueueName;
use jobq_producer::letters::groups::{Group, Groups};
use serde::Serialize;

use super::desk::Desk;
use super::show::harmless;
use super::which::Which;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::pushing::parse;
use crate::readings::{row, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue [default: every queue]
    #[arg(value_parser = parse::<QueueName>)]
    queue: Option<QueueName>,
    #[command(flatten)]
    which: Which,
}

/// Counts dead letters by what they have in common. Changes nothing.
pub(super) async fn run(args: Args, desk: &Desk) -> Result<Exit, Failure> {
    let filter = args.which.filter(Vec::new());
    let mut stats = Stats { total: 0, groups: Vec::new() };
    for queue in desk.queues(args.queue).await? {
        let mut groups = Groups::default();
        desk.look(&queue, &mut |found, letter| {
            if filter.matches(&queue, found, letter) {
                groups.add(found, letter);
            }
        })
        .await?;
        stats.groups.extend(groups.by_size().into_iter().map(|group| GroupReading::new(&queue, group)));
    }
    stats.total = stats.groups.iter().map(|group| group.count).sum();
    desk.printer.data(&stats)?;
    Ok(Exit::Fine)
}

#[derive(Debug, Serialize)]
struct Stats {
    total: u64,
    groups: Vec<GroupReading>,
}

#[derive(Debug, Serialize)]
struct GroupReading {
    queue: String,
    reason: String,
    status: Option<u16>,
    host: Option<String>,
    count: u64,
    example: String,
    detail: String,
}

impl GroupReading {
    fn new(queue: &QueueName, group: Group) -> Self {
        Self {
            queue: queue.to_string(),
            reason: group.kind.to_string(),
            status: group.status,
            host: group.host,
            count: group.count,
            example: group.example,
            detail: group.detail,
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.groups.is_empty() {
            return writeln!(f, "no dead letters");
        }
        let mut rows = vec![row(["COUNT", "QUEUE", "REASON", "STATUS", "HOST", "EXAMPLE", "DETAIL"])];
        for group in &self.groups {
            rows.push(vec![
                HumanCount(group.count).to_string(),
                group.queue.clone(),
                group.reason.clone(),
                group.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
                group.host.clone().unwrap_or_else(|| "-".to_owned()),
                group.example.clone(),
                harmless(&group.detail),
            ]);
        }
        table(f, &rows)
    }
}
