//! `jobq dlq show`.

use std::fmt;

use jobq_core::human::counted;
use jobq_producer::letters::filter::is_called;
use jobq_producer::letters::line::{Body, Line, Try};
use serde::Serialize;

use super::desk::Desk;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::readings::{row, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The task's id, or what the list shows instead of one
    id: String,
}

/// Shows one dead letter, the latest of its task. Changes nothing.
pub(super) async fn run(args: &Args, desk: &Desk) -> Result<Exit, Failure> {
    let (mut letters, mut latest) = (0, None);
    for queue in desk.queues(None).await? {
        desk.look(&queue, &mut |letter, read| {
            if is_called(&args.id, letter, read) {
                letters += 1;
                let died_at = read.came_at(letter.arrived);
                if latest.as_ref().is_none_or(|(at, _)| *at <= died_at) {
                    latest = Some((died_at, Line::new(&queue, letter, read)));
                }
            }
        })
        .await?;
    }
    let Some((_, latest)) = latest else {
        return Err(Failure::usage(format!("no dead letter has the task id '{}'", args.id))
            .hint("list them: jobq dlq ls"));
    };
    if letters > 1 {
        desk.printer.note(format_args!("the latest of {letters} dead letters of '{}'", args.id));
    }
    desk.printer.data(&Shown(latest))?;
    Ok(Exit::Fine)
}

/// The whole story of one letter.
#[derive(Debug, Serialize)]
struct Shown(Line);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { task, dead } = &self.0;
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let mut rows = vec![
            row(["task", task.as_ref().map_or("-", |task| &task.id)]),
            row(["letter", &dead.letter]),
            row(["queue", &dead.queue]),
            row(["batch", &or_none(&dead.batch)]),
            row(["reason", &harmless(&format!("{}: {}", dead.reason, dead.detail))]),
            row(["died", &or_none(&dead.died_at)]),
        ];
        rows.extend(dead.pushed_at.iter().map(|pushed_at| row(["pushed", pushed_at])));
        if let Some(task) = task {
            rows.push(row(["request", &format!("{} {}", task.method, task.url)]));
            let header = |(name, value): &(String, String)| row(["", &harmless(&format!("{name}: {value}"))]);
            rows.extend(task.headers.iter().map(header));
            rows.extend(task.body.iter().flat_map(body_rows));
        }
        for past in &dead.past {
            let reason = past.reason.map_or("moved", jobq_core::death::Reason::as_str);
            let line =
                format!("{}  {reason}: {}; sent back {}", past.died_at, past.detail, past.sent_back_at);
            rows.push(row(["past death", &harmless(&line)]));
        }
        rows.extend(dead.attempts.iter().map(|attempt| row(["attempt", &harmless(&told(attempt))])));
        let kept = u32::try_from(dead.attempts.len()).unwrap_or(u32::MAX);
        if dead.calls > kept {
            rows.push(row(["", &format!("and {} before these", counted(dead.calls - kept, "call"))]));
        }
        table(f, &rows)?;
        for text in dead.excerpt.iter().chain(&dead.text) {
            writeln!(f, "\n{}", harmless(text))?;
        }
        Ok(())
    }
}

fn told(attempt: &Try) -> String {
    let ending = match (&attempt.status, &attempt.error) {
        (Some(status), _) => status.to_string(),
        (None, error) => error.clone().unwrap_or_else(|| "-".to_owned()),
    };
    let spent = if attempt.spent { "" } else { ", not counted" };
    format!("{}  {ending} after {} ms{spent}", attempt.started_at, attempt.latency_ms)
}

fn body_rows(body: &Body) -> Vec<Vec<String>> {
    let text = match body {
        Body::Json(json) => json.get(),
        Body::Text(text) => text,
    };
    text.lines().map(|line| row(["", &harmless(line)])).collect()
}

/// Text from outside as a terminal may show it: control characters would steer it.
pub(super) fn harmless(text: &str) -> String {
    let keep = |c: char| !c.is_control() || c == '\n';
    text.chars().map(|c| if keep(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
