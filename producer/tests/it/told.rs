//! Sources as text: what each line became.

use std::fmt::Write;

use jobq_core::human::duration;
use jobq_producer::draft::Draft;
use jobq_producer::format::Format;
use jobq_producer::reader::{Entry, TaskReader};

/// One line of text for each entry of a source: the task, or why it was refused; or why none can be read.
pub(crate) fn told(format: &Format, source: &[u8]) -> String {
    let mut tasks = match TaskReader::new(source, format) {
        Ok(tasks) => tasks,
        Err(error) => return error.to_string(),
    };
    let mut told = Vec::new();
    while let Some(Entry { line, draft }) = tasks.next().unwrap() {
        told.push(match draft {
            Ok(draft) => format!("line {line}: {}", task(&draft)),
            Err(problem) => problem.at(line).to_string(),
        });
    }
    told.join("\n")
}

pub(crate) fn csv(url: &str) -> Format {
    let url = url.parse().unwrap();
    Format::Csv { url, id: None }
}

fn task(draft: &Draft) -> String {
    let request = &draft.request;
    let mut text = format!("{} {}", request.method.as_str(), request.url);
    for (name, value) in &request.headers {
        write!(text, " {name}={value}").unwrap();
    }
    if let Some(body) = &request.body {
        write!(text, " <{body}>").unwrap();
    }
    if let Some(id) = &draft.id {
        write!(text, " id={id}").unwrap();
    }
    if let Some(priority) = draft.priority {
        write!(text, " priority={priority:?}").unwrap();
    }
    if let Some(delay) = draft.delay {
        write!(text, " delay={}", duration(delay)).unwrap();
    }
    if let Some(at) = draft.at {
        write!(text, " at={at}").unwrap();
    }
    text
}
