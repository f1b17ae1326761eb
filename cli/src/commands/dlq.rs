//! `jobq dlq ls|show`.

use std::fmt;

use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::name::QueueName;
use jobq_core::ports::morgue::{Morgue, Round};
use jobq_core::task::TaskId;
use serde::Serialize;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::Project;
use crate::pushing::parse;
use crate::readings::{self, row, table};
use crate::store::Store;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List dead letters, oldest first; with --json one object a line
    Ls {
        /// The queue [default: every queue]
        #[arg(value_parser = parse::<QueueName>)]
        queue: Option<QueueName>,
        /// Show at most this many
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: usize,
    },
    /// Show one dead letter: the request, every attempt, the answer
    Show {
        /// The task's id
        #[arg(value_parser = parse::<TaskId>)]
        id: TaskId,
    },
}

/// Lists dead letters or shows one. Changes nothing.
pub(crate) async fn run(command: Command, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let project = Project::open(global)?;
    let store = project.existing_store().await?;
    let queues = readings::queue_names(&project, &store).await?;
    match command {
        Command::Ls { queue, limit } => {
            let queues = queue.map_or(queues, |queue| vec![queue]);
            list(&store, queues, limit, printer).await?;
        }
        Command::Show { id } => {
            let found = find(&store, &queues, &id).await?;
            let Some((queue, body)) = found else {
                return Err(Failure::usage(format!("no dead letter has the task id '{id}'"))
                    .hint("list them: jobq dlq ls"));
            };
            printer.data(&Letter::read(&queue, &body))?;
        }
    }
    Ok(Exit::Fine)
}

async fn list(store: &Store, queues: Vec<QueueName>, limit: usize, printer: Printer) -> Result<(), Failure> {
    let mut letters = Vec::new();
    for queue in queues {
        let bodies = walk(store, &queue).await?;
        letters.extend(bodies.iter().map(|body| Letter::read(&queue, body)));
    }
    letters.truncate(limit);
    if letters.is_empty() {
        printer.note("no dead letters");
    }
    printer.list(&letters, &Table(&letters))
}

/// The latest dead letter of a task, and its queue.
async fn find(
    store: &Store,
    queues: &[QueueName],
    task: &TaskId,
) -> Result<Option<(QueueName, Vec<u8>)>, Failure> {
    let mut latest = None;
    for queue in queues {
        for body in walk(store, queue).await? {
            if DeadLetter::decode(&body).is_some_and(|letter| letter.task_id() == Some(task.as_str())) {
                latest = Some((queue.clone(), body));
            }
        }
    }
    Ok(latest)
}

async fn walk(store: &Store, queue: &QueueName) -> Result<Vec<Vec<u8>>, Failure> {
    let mut round = store.round(queue);
    let mut bodies = Vec::new();
    loop {
        let found = round.next().await?;
        if found.is_empty() {
            round.close().await?;
            return Ok(bodies);
        }
        bodies.extend(found.into_iter().map(|found| found.body));
    }
}

/// A dead letter as it is shown.
#[derive(Debug, Serialize)]
struct Letter {
    queue: String,
    /// None where the message was no jobq envelope.
    id: Option<String>,
    reason: String,
    detail: String,
    died_at: String,
    status: Option<u16>,
    batch: Option<String>,
    request: Option<Request>,
    attempts: Vec<Try>,
    excerpt: Option<String>,
}

#[derive(Debug, Serialize)]
struct Request {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

#[derive(Debug, Serialize)]
struct Try {
    started_at: String,
    latency_ms: u64,
    status: Option<u16>,
    error: Option<String>,
    spent: bool,
}

impl Letter {
    fn read(queue: &QueueName, body: &[u8]) -> Self {
        let Some(letter) = DeadLetter::decode(body) else {
            return Self::foreign(queue, body);
        };
        let status = letter.status();
        let (id, batch, request, attempts, excerpt) = match letter.remains {
            Remains::Unreadable(text) => (None, None, None, Vec::new(), Some(text)),
            Remains::Envelope(envelope) => {
                let own = envelope.request;
                let method = own.method.as_str();
                let request = Request { method, url: own.url, headers: own.headers, body: own.body };
                let attempts = envelope.attempts.into_iter().map(|attempt| Try {
                    started_at: attempt.started_at.to_string(),
                    latency_ms: attempt.latency_ms,
                    status: attempt.status,
                    error: attempt.error,
                    spent: attempt.spent,
                });
                let (id, batch) = (envelope.id.to_string(), envelope.batch.to_string());
                (Some(id), Some(batch), Some(request), attempts.collect(), letter.excerpt)
            }
        };
        Self {
            queue: queue.to_string(),
            id,
            reason: letter.reason.to_string(),
            detail: letter.detail,
            died_at: letter.died_at.to_string(),
            status,
            batch,
            request,
            attempts,
            excerpt,
        }
    }

    /// Something in the dead-letter queue that is no letter of ours.
    fn foreign(queue: &QueueName, body: &[u8]) -> Self {
        Self {
            queue: queue.to_string(),
            id: None,
            reason: "unknown".to_owned(),
            detail: "not a jobq dead letter".to_owned(),
            died_at: "-".to_owned(),
            status: None,
            batch: None,
            request: None,
            attempts: Vec::new(),
            excerpt: Some(String::from_utf8_lossy(body).into_owned()),
        }
    }
}

/// The whole story of one letter.
impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let mut rows = vec![
            row(["task", &or_none(&self.id)]),
            row(["queue", &self.queue]),
            row(["batch", &or_none(&self.batch)]),
            row(["reason", &format!("{}: {}", self.reason, self.detail)]),
            row(["died", &self.died_at]),
        ];
        if let Some(request) = &self.request {
            rows.push(row(["request", &format!("{} {}", request.method, request.url)]));
            rows.extend(request.headers.iter().map(|(name, value)| row(["", &format!("{name}: {value}")])));
            rows.extend(request.body.iter().map(|body| row(["", body])));
        }
        for attempt in &self.attempts {
            let ending = attempt.status.map_or_else(|| or_none(&attempt.error), |status| status.to_string());
            let spent = if attempt.spent { "" } else { ", not counted" };
            let line = format!("{}  {ending} after {} ms{spent}", attempt.started_at, attempt.latency_ms);
            rows.push(row(["attempt", &line]));
        }
        table(f, &rows)?;
        match &self.excerpt {
            Some(excerpt) => writeln!(f, "\n{}", harmless(excerpt)),
            None => Ok(()),
        }
    }
}

/// Text from outside as a terminal may show it: control characters would steer it.
fn harmless(text: &str) -> String {
    let keep = |c: char| !c.is_control() || c == '\n';
    text.chars().map(|c| if keep(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Letters one below the other.
struct Table<'a>(&'a [Letter]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![row(["TASK", "QUEUE", "REASON", "DIED", "DETAIL"])];
        for letter in self.0 {
            let id = letter.id.as_deref().unwrap_or("-");
            rows.push(row([id, &letter.queue, &letter.reason, &letter.died_at, &letter.detail]));
        }
        table(f, &rows)
    }
}
