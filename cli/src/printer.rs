//! The one way to the terminal: data to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use jobq_adapters::log::lines::tell;
use jobq_core::event::Event;
use jobq_core::event::batches::BatchUnfollowed;
use jobq_core::event::program::{CommandFailed, NoteTold, WarningTold};
use jobq_core::event::telling::{Level, Telling};
use jobq_core::ports::metrics::Metrics;
use serde::Serialize;

use crate::args::Global;
use crate::failure::Failure;

/// Whether anybody still reads standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    There,
    Gone,
}

/// Prints what commands have to say, as text or as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    json: bool,
    quiet: bool,
    /// The level of the log, where there is one: then whatever goes to standard error is a line of it.
    log: Option<Level>,
}

impl Printer {
    /// A printer as the command line asks for it.
    pub(crate) fn new(global: &Global, log: Option<Level>) -> Self {
        Self { json: global.json, quiet: global.quiet, log }
    }

    /// The same without notes and progress: somebody else tells what is done.
    pub(crate) fn hushed(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// The level of the log, where there is one.
    pub(crate) fn log(self) -> Option<Level> {
        self.log
    }

    /// Prints a result: as text for people, or as one line of JSON.
    pub(crate) fn data<T: Serialize + Display>(self, data: &T) -> Result<(), Failure> {
        let text = if self.json { json(data)? } else { data.to_string() };
        write(&mut io::stdout().lock(), text.trim_end_matches('\n'))
    }

    /// Prints one of several results, and tells whether there is a use for another.
    pub(crate) fn part<T: Serialize + Display>(self, data: &T) -> Result<Audience, Failure> {
        let text = if self.json { json(data)? } else { data.to_string() };
        let mut stdout = io::stdout().lock();
        match writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Audience::Gone),
            result => unless_broken_pipe(result).map(|()| Audience::There),
        }
    }

    /// Whether results are printed as JSON.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints results one a line as JSON Lines, or all of them as one text. An empty list has no text.
    pub(crate) fn list<T: Serialize>(self, items: &[T], text: &impl Display) -> Result<(), Failure> {
        let lines = if self.json {
            items.iter().map(json).collect::<Result<Vec<_>, _>>()?.join("\n")
        } else {
            text.to_string()
        };
        if items.is_empty() { Ok(()) } else { write(&mut io::stdout().lock(), lines.trim_end_matches('\n')) }
    }

    /// Prints text that has no JSON form, whatever was asked for.
    pub(crate) fn raw(self, text: &[u8]) -> Result<(), Failure> {
        unless_broken_pipe(io::stdout().lock().write_all(text))
    }

    /// Prints a note for people.
    pub(crate) fn note(self, text: impl Display) {
        if self.quiet {
            return;
        }
        if self.log.is_some() {
            return tell(&NoteTold { text: one_line(&text.to_string()) });
        }
        // Where standard error is gone there is nobody to tell.
        let _ = write(&mut io::stderr().lock(), &text.to_string());
    }

    /// Tells an event to the log; without one, people are told in other words.
    pub(crate) fn tell(self, event: &dyn Telling) {
        if self.log.is_some() {
            tell(event);
        }
    }

    /// Prints a question, also when notes are not wanted; the answer is typed on the same line.
    pub(crate) fn prompt(self, text: impl Display) {
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
    }

    /// Prints a warning, also when notes are not wanted.
    pub(crate) fn warn(self, text: impl Display) {
        if self.log.is_some() {
            return tell(&WarningTold { text: one_line(&text.to_string()) });
        }
        let _ = write(&mut io::stderr().lock(), &format!("warning: {text}"));
    }

    /// Prints why the command failed, and what to do.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.log.is_some() {
            let (error, hint) = (one_line(&failure.message), failure.hints.join("; "));
            return tell(&CommandFailed { error, hint });
        }
        let mut stderr = io::stderr().lock();
        for line in failure.message.lines() {
            let prefix = if line.starts_with(' ') { "" } else { "error: " };
            let _ = write(&mut stderr, &format!("{prefix}{line}"));
        }
        for hint in &failure.hints {
            let _ = write(&mut stderr, &format!("  hint: {hint}"));
        }
    }

    /// Whether progress is drawn in place: somebody watches a terminal, and no log goes there.
    pub(crate) fn draws(self) -> bool {
        !self.quiet && self.log.is_none() && io::stderr().is_terminal()
    }
}

/// What happens beside what was asked for, and has no place in a summary.
impl Metrics for Printer {
    fn record(&self, event: &Event) {
        match event {
            Event::BatchUnfollowed(BatchUnfollowed { batch, error, .. }) if self.log.is_none() => {
                self.warn(format_args!("no task goes on from the end of batch '{batch}': {error}"));
            }
            other => self.tell(other.telling()),
        }
    }
}

/// A text of several lines as one.
fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn json<T: Serialize>(data: &T) -> Result<String, Failure> {
    serde_json::to_string(data).map_err(|error| Failure::failed(format!("write JSON: {error}")))
}

fn write(to: &mut impl Write, line: &str) -> Result<(), Failure> {
    unless_broken_pipe(writeln!(to, "{line}"))
}

/// A reader that has seen enough is no failure.
fn unless_broken_pipe(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
