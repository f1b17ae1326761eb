//! CSV tasks: rows of a source, each filling a url template. The columns `delay` and `at` say when its call may be made.

use std::io::{self, BufRead};

use jobq_core::config::nearest::nearest;
use jobq_core::human::parse_duration;
use jobq_core::zone;

use crate::draft::Draft;
use crate::filler::{Filler, Missing};
use crate::lines::Lines;
use crate::reader::ReadError;
use crate::row::{Fed, Row, unclosed};
use crate::template::Template;
use jobq_core::written::problem::{Problem, quoted};

/// How the rows of a source become tasks.
pub(crate) struct Rows {
    url: Filler,
    id: Option<Filler>,
    /// Where the columns `delay` and `at` are.
    delay: Option<usize>,
    at: Option<usize>,
    columns: usize,
    row: Row,
}

impl Rows {
    /// Reads the header row and finds the templates' columns in it.
    pub(crate) fn begin<R: BufRead>(
        lines: &mut Lines<R>,
        url: &Template,
        id: Option<&Template>,
    ) -> Result<Self, ReadError> {
        let mut row = Row::default();
        let columns = match next_row(lines, &mut row).map_err(|source| ReadError::Io { line: 0, source })? {
            Some((_, Ok(()))) => row.fields().map(|name| name.trim().to_owned()).collect(),
            Some((line, Err(problem))) => return Err(ReadError::Header(problem.at(line))),
            None => Vec::new(),
        };
        let named = || url.columns().chain(id.iter().flat_map(|id| id.columns()));
        check_twice(&columns, named())?;
        // What a template names is data of the call, whatever it is called.
        let own = |name| if named().any(|named| named == name) { Ok(None) } else { only(&columns, name) };
        let (delay, at) = (own("delay")?, own("at")?);
        Ok(Self {
            url: Filler::of_url(url, &columns).map_err(|missing| unknown(missing, &columns))?,
            id: id
                .map(|id| Filler::of_text(id, &columns))
                .transpose()
                .map_err(|missing| unknown(missing, &columns))?,
            delay,
            at,
            columns: columns.len(),
            row,
        })
    }

    /// Reads the next row, and the number of its first line.
    pub(crate) fn next<R: BufRead>(
        &mut self,
        lines: &mut Lines<R>,
    ) -> io::Result<Option<(u64, Result<(), Problem>)>> {
        next_row(lines, &mut self.row)
    }

    /// The task of the row read last.
    pub(crate) fn draft(&self) -> Result<Draft, Problem> {
        if self.row.len() != self.columns {
            let reason = format!("fields in the row: {}, in the header: {}", self.row.len(), self.columns);
            return Err(Problem::new(reason).hint("put fields with commas in them in quotes"));
        }
        let mut draft = Draft::get(self.url.fill(&self.row)?)?;
        if let Some(id) = &self.id {
            let id = id.fill(&self.row)?.parse();
            draft.id = Some(id.map_err(|error| Problem::new(format!("{error}")))?);
        }
        self.time(&mut draft)?;
        Ok(draft)
    }

    /// Reads when the call may be made. An empty field says nothing.
    fn time(&self, draft: &mut Draft) -> Result<(), Problem> {
        let given = |column: Option<usize>| {
            column.map(|column| self.row.field_at(column).trim()).filter(|text| !text.is_empty())
        };
        let problem = |why: String| Problem::new(why);
        let (delay, at) = (given(self.delay), given(self.at));
        if delay.is_some() && at.is_some() {
            return Err(Problem::new("there are a delay and an at").hint("leave one empty"));
        }
        draft.delay =
            delay.map(parse_duration).transpose().map_err(|why| problem(format!("delay: {why}")))?;
        draft.at = at.map(zone::instant).transpose().map_err(|why| problem(format!("at: {why}")))?;
        Ok(())
    }
}

/// Reads lines until a row is whole or broken. Blank lines between rows are skipped.
fn next_row<R: BufRead>(
    lines: &mut Lines<R>,
    row: &mut Row,
) -> io::Result<Option<(u64, Result<(), Problem>)>> {
    row.clear();
    let mut first = None;
    loop {
        let fed = match lines.next()? {
            Some(Ok(line)) if first.is_none() && line.trim_ascii().is_empty() => continue,
            Some(Ok(line)) => row.feed(line),
            Some(Err(problem)) => Err(problem),
            None if first.is_none() => return Ok(None),
            None => Err(unclosed()),
        };
        let (last, first) = (lines.number(), *first.get_or_insert(lines.number()));
        match fed {
            Ok(Fed::Open) => {}
            Ok(Fed::Whole) => return Ok(Some((first, Ok(())))),
            Err(problem) if last > first => return Ok(Some((first, Err(problem.up_to(last))))),
            Err(problem) => return Ok(Some((first, Err(problem)))),
        }
    }
}

/// A column that is there twice is no trouble until somebody asks for it.
fn check_twice<'a>(columns: &[String], named: impl Iterator<Item = &'a str>) -> Result<(), ReadError> {
    for name in named {
        if columns.iter().filter(|column| *column == name).count() > 1 {
            return Err(ReadError::ColumnTwice(name.to_owned()));
        }
    }
    Ok(())
}

/// Where the column of this name is, if there is one; two of them would contradict each other.
fn only(columns: &[String], name: &str) -> Result<Option<usize>, ReadError> {
    let mut places = columns.iter().enumerate().filter(|(_, column)| *column == name).map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(_), Some(_)) => Err(ReadError::SeveralOf(name.to_owned())),
        (place, _) => Ok(place),
    }
}

fn unknown(Missing(missing): Missing, columns: &[String]) -> ReadError {
    let list = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let hint = match columns {
        [] => "the first row must name the columns".to_owned(),
        [only] if only.contains([';', '\t']) => "separate the columns by commas".to_owned(),
        _ => {
            let near = |name: &String| nearest(name, columns.iter().map(String::as_str)).map(quoted);
            match missing.iter().find_map(near) {
                Some(near) => format!("did you mean {near}? the file has {}", list(columns)),
                None => format!("the file has {}", list(columns)),
            }
        }
    };
    ReadError::NoColumn { missing: list(&missing), hint }
}
