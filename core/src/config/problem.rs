//! What is wrong with a configuration, where, and what would be right.

use std::fmt;

/// One thing that is wrong with a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name as the caller gave it.
    pub file: String,
    /// The line it is on, from 1.
    pub line: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What would be right, in one line, where there is more to say.
    pub hint: Option<String>,
}

/// `jobq.toml:7: message`, and the hint on a line of its own.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Gathers the problems of one file, so that all of them are told at once.
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        let found = Vec::new();
        Self { file, text, found }
    }

    /// Notes a problem whose message says all there is to say. `at` is a byte offset into the file.
    pub(super) fn add(&mut self, at: usize, message: impl fmt::Display) {
        let problem = Problem {
            file: self.file.to_owned(),
            line: self.line(at),
            message: one_line(&message.to_string()),
            hint: None,
        };
        self.found.push(problem);
    }

    /// Notes a problem and what to do about it.
    pub(super) fn add_with_hint(&mut self, at: usize, message: impl fmt::Display, hint: impl fmt::Display) {
        self.add(at, message);
        if let Some(problem) = self.found.last_mut() {
            problem.hint = Some(one_line(&hint.to_string()));
        }
    }

    /// All problems, in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.line);
        self.found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The line a byte offset is on, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.bytes().take(at);
        1 + before.filter(|byte| *byte == b'\n').count()
    }
}

/// Keeps what a file quotes back at its reader from breaking the one line a problem has.
fn one_line(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    //! How a problem reads.

    use super::*;

    #[test]
    fn a_problem_is_one_line_and_a_hint() {
        let mut problems = Problems::new("jobq.toml", "a\nb\nc");
        problems.add_with_hint(4, "third\nis wrong", "drop it");
        problems.add(0, "first is wrong");
        let told: Vec<_> = problems.into_sorted().iter().map(Problem::to_string).collect();
        assert_eq!(told, ["jobq.toml:1: first is wrong", "jobq.toml:3: third\\nis wrong\n  hint: drop it"]);
    }
}
