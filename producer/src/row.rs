//! Rows of a CSV file (RFC 4180), fed line by line because a quoted field may hold line breaks.
//!
//! Why not the `csv` crate: it accepts a stray quote silently, and an unclosed one makes it read the rest of
//! the file into one field. Here both end with the row they stand in.

use jobq_core::written::problem::Problem;

/// The largest row, of however many lines.
const LARGEST: usize = 1 << 20;

/// One row's fields, without their quotes. It is reused, so that a row costs no allocation.
#[derive(Debug, Default)]
pub(crate) struct Row {
    text: String,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    inside_quotes: bool,
    too_large: bool,
}

/// Where a row stands after a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fed {
    /// It ended with the line.
    Whole,
    /// The line ended within quotes: the row goes on with the next one.
    Open,
}

impl Row {
    /// Begins a new row.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.inside_quotes = false;
        self.too_large = false;
    }

    /// Takes the row's next line, without its line break.
    ///
    /// A row that grows too large is followed to its end, though not kept: what stands within its quotes must
    /// not be taken for rows.
    pub(crate) fn feed(&mut self, line: &str) -> Result<Fed, Problem> {
        if self.text.len() + self.ends.len() + line.len() >= LARGEST {
            self.too_large = true;
            self.text.clear();
            self.ends.clear();
        }
        let mut beyond = if self.inside_quotes {
            self.text.push('\n');
            self.quoted(line)?
        } else {
            self.field(line)?
        };
        while let Some(rest) = beyond {
            match rest.strip_prefix(',') {
                Some(field) => beyond = self.field(field)?,
                None if self.too_large => return Err(too_large()),
                None => return Ok(Fed::Whole),
            }
        }
        Ok(Fed::Open)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at this place, counted from 0; empty beyond the end.
    pub(crate) fn field_at(&self, at: usize) -> &str {
        let start = match at {
            0 => 0,
            _ => self.ends.get(at - 1).copied().unwrap_or(self.text.len()),
        };
        let end = self.ends.get(at).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.field_at(at))
    }

    /// Takes one field and answers what follows it: a comma, or nothing. None if the line ends within quotes.
    fn field<'a>(&mut self, from: &'a str) -> Result<Option<&'a str>, Problem> {
        if let Some(inside) = from.strip_prefix('"') {
            return self.quoted(inside);
        }
        let end = from.find([',', '"']).unwrap_or(from.len());
        let (plain, beyond) = from.split_at(end);
        if beyond.starts_with('"') {
            return Err(Problem::new("a quote stands inside a field without quotes")
                .hint("put the whole field in quotes, and double each quote within it"));
        }
        self.text.push_str(plain);
        self.ends.push(self.text.len());
        Ok(Some(beyond))
    }

    /// Takes the rest of a quoted field; `""` within it stands for one quote.
    fn quoted<'a>(&mut self, from: &'a str) -> Result<Option<&'a str>, Problem> {
        self.inside_quotes = true;
        let mut rest = from;
        while let Some((before, beyond)) = rest.split_once('"') {
            self.text.push_str(before);
            if let Some(more) = beyond.strip_prefix('"') {
                self.text.push('"');
                rest = more;
                continue;
            }
            self.inside_quotes = false;
            self.ends.push(self.text.len());
            if beyond.is_empty() || beyond.starts_with(',') {
                return Ok(Some(beyond));
            }
            return Err(
                Problem::new("text follows a closing quote").hint("double each quote within a quoted field")
            );
        }
        self.text.push_str(rest);
        Ok(None)
    }
}

/// The problem of a row whose source ends within quotes.
pub(crate) fn unclosed() -> Problem {
    Problem::new("a quote is opened and not closed").hint("close it, or double it if it is part of the field")
}

fn too_large() -> Problem {
    Problem::new(format!("the row is larger than {} MiB", LARGEST >> 20))
        .hint("look for a quote that is not closed")
}
