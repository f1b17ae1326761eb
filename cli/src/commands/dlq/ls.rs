//! `jobq dlq ls`.

use std::fmt;

use indicatif::HumanCount;
use jobq_core::name::QueueName;
use jobq_producer::letters::line::Line;
use jobq_producer::letters::oldest::Oldest;

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
    /// Show at most this many
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: usize,
}

/// Lists dead letters. Changes nothing.
pub(super) async fn run(args: Args, desk: &Desk) -> Result<Exit, Failure> {
    let filter = args.which.filter(Vec::new());
    let mut letters = Oldest::new(args.limit);
    for queue in desk.queues(args.queue).await? {
        desk.look(&queue, &mut |found, letter| {
            if filter.matches(&queue, found, letter) {
                letters.show(letter.came_at(found.arrived), || Line::new(&queue, found, letter));
            }
        })
        .await?;
    }
    let found = letters.shown();
    let lines: Vec<Line> = letters.into_sorted();
    match (found, lines.len() as u64) {
        (0, _) => desk.printer.note("no dead letters"),
        (found, shown) if found > shown => {
            let (found, shown) = (HumanCount(found), HumanCount(shown));
            desk.printer.note(format_args!("the oldest {shown} of {found}: --limit shows more"));
        }
        _ => {}
    }
    desk.printer.list(&lines, &Table(&lines))?;
    Ok(Exit::Fine)
}

/// Letters one below the other.
struct Table<'a>(&'a [Line]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![row(["TASK", "QUEUE", "REASON", "STATUS", "DIED", "DETAIL"])];
        for line in self.0 {
            let dead = &line.dead;
            let id = line.task.as_ref().map_or(&dead.letter, |task| &task.id);
            let status = dead.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
            let died = dead.died_at.as_deref().unwrap_or("-");
            rows.push(row([id, &dead.queue, &dead.reason, &status, died, &harmless(&dead.detail)]));
        }
        table(f, &rows)
    }
}
