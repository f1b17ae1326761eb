//! Reading tasks: lines in, drafts and refusals out, in every format.

use std::io::{self, BufRead};

use crate::draft::Draft;
use crate::format::Format;
use crate::json_line;
use crate::lines::Lines;
use crate::rows::Rows;
use jobq_core::written::problem::{Problem, Refused};

/// Reads the tasks of a source one after another. Holds one line at a time.
pub struct TaskReader<R> {
    lines: Lines<R>,
    kind: Kind,
}

/// What a source says at one place.
#[derive(Debug)]
pub struct Entry {
    /// The number of its line, counted from 1; of a row of several lines, the first one.
    pub line: u64,
    /// The task, or why there is none.
    pub draft: Result<Draft, Problem>,
}

/// A source that can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The reading itself failed.
    #[error("read after line {line}")]
    Io {
        /// The last line that was read well.
        line: u64,
        /// What failed.
        source: io::Error,
    },
    /// The header row is broken.
    #[error("the header row can't be read: {0}")]
    Header(Refused),
    /// A template names columns that aren't there.
    #[error("there is no column {missing} for the template: {hint}")]
    NoColumn {
        /// The columns, quoted.
        missing: String,
        /// What is there instead.
        hint: String,
    },
    /// A template names a column that is there more than once.
    #[error("the template names '{0}', and the file has several columns of this name: rename all but one")]
    ColumnTwice(String),
    /// A column that says when calls may be made is there more than once.
    #[error("the file has several columns '{0}', which say when a call may be made: rename all but one")]
    SeveralOf(String),
}

enum Kind {
    JsonLines,
    Urls,
    Csv(Rows),
}

impl<R: BufRead> TaskReader<R> {
    /// Begins to read; of a CSV source, reads the header row.
    pub fn new(source: R, format: &Format) -> Result<Self, ReadError> {
        let mut lines = Lines::new(source);
        let kind = match format {
            Format::JsonLines => Kind::JsonLines,
            Format::Urls => Kind::Urls,
            Format::Csv { url, id } => Kind::Csv(Rows::begin(&mut lines, url, id.as_ref())?),
        };
        Ok(Self { lines, kind })
    }

    /// The next task or refusal; none at the end. Blank lines and comments are passed over.
    #[expect(clippy::should_implement_trait, reason = "an iterator's user could mistake a fault for an end")]
    pub fn next(&mut self) -> Result<Option<Entry>, ReadError> {
        let line = self.lines.number();
        self.read().map_err(|source| ReadError::Io { line, source })
    }

    /// Passes over lines that were read before, up to and with this one.
    pub fn skip_to(&mut self, line: u64) -> Result<(), ReadError> {
        while self.lines.number() < line {
            let at = self.lines.number();
            let more = match &mut self.kind {
                Kind::JsonLines | Kind::Urls => self.lines.next().map(|line| line.is_some()),
                Kind::Csv(rows) => rows.next(&mut self.lines).map(|row| row.is_some()),
            };
            if !more.map_err(|source| ReadError::Io { line: at, source })? {
                break;
            }
        }
        Ok(())
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.lines.number()
    }

    /// How many bytes were read.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    fn read(&mut self) -> io::Result<Option<Entry>> {
        match &mut self.kind {
            Kind::JsonLines => read_lines(&mut self.lines, json_line::parse, |_| false),
            Kind::Urls => read_lines(&mut self.lines, url_line, is_comment),
            Kind::Csv(rows) => {
                let Some((line, row)) = rows.next(&mut self.lines)? else {
                    return Ok(None);
                };
                let draft = row.and_then(|()| rows.draft());
                Ok(Some(Entry { line, draft }))
            }
        }
    }
}

/// One task a line.
fn read_lines<R: BufRead>(
    lines: &mut Lines<R>,
    parse: fn(&str) -> Result<Draft, Problem>,
    passed_over: fn(&str) -> bool,
) -> io::Result<Option<Entry>> {
    loop {
        let draft = match lines.next()? {
            None => return Ok(None),
            Some(Ok(line)) => {
                if line.trim_ascii().is_empty() || passed_over(line) {
                    continue;
                }
                parse(line)
            }
            Some(Err(problem)) => Err(problem),
        };
        let line = lines.number();
        return Ok(Some(Entry { line, draft }));
    }
}

fn url_line(line: &str) -> Result<Draft, Problem> {
    Draft::get(line.trim_ascii().to_owned())
}

fn is_comment(line: &str) -> bool {
    line.trim_ascii_start().starts_with('#')
}
