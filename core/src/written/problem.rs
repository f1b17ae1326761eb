//! What is wrong with a line, told so that it can be put right without opening a manual.

use std::fmt;

/// How much of a reason is shown. A line can be a mebibyte long, and what it holds is quoted in reasons.
const SHOWN: usize = 300;

/// How much of a value is quoted.
const QUOTED: usize = 60;

/// What is wrong with a line: one line of text each, without control characters, whatever the line held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    reason: String,
    hint: Option<String>,
}

/// A line that was not taken, and why. The lines after it are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number, counted from 1; of a CSV row with line breaks in it, the first one.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
    /// How to put it right, where the reason doesn't say it already.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with this reason.
    pub fn new(reason: impl AsRef<str>) -> Self {
        Self { reason: one_line(reason.as_ref(), SHOWN), hint: None }
    }

    /// The same problem, and what would put it right.
    #[must_use]
    pub fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(one_line(hint.as_ref(), SHOWN));
        self
    }

    /// The same problem, of a line that takes others with it.
    #[must_use]
    pub fn up_to(mut self, line: u64) -> Self {
        let with_it = format!(", and the lines up to {line} are refused with it");
        self.reason.push_str(&with_it);
        self
    }

    /// The problem as that of the line with this number.
    pub fn at(self, line: u64) -> Refused {
        Refused { line, reason: self.reason, hint: self.hint }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(f, &self.reason, self.hint.as_deref())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        told(f, &self.reason, self.hint.as_deref())
    }
}

fn told(f: &mut fmt::Formatter<'_>, reason: &str, hint: Option<&str>) -> fmt::Result {
    f.write_str(reason)?;
    hint.map_or(Ok(()), |hint| write!(f, " ({hint})"))
}

/// A value in quotes, cut if it is long.
pub fn quoted(value: &str) -> String {
    format!("'{}'", one_line(value, QUOTED))
}

/// At most `most` characters of `text`, control characters escaped: reasons are printed on terminals.
fn one_line(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(most));
    for (at, c) in text.chars().enumerate() {
        if at == most {
            line.push_str("...");
            break;
        }
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
