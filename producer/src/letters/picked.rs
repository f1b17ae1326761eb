//! Letters picked by a file of their lines, edited or not.

use std::collections::HashMap;
use std::io::{self, BufRead};

use jobq_core::human::counted;
use jobq_core::letter::LetterId;
use jobq_core::name::QueueName;

use crate::draft::Draft;
use crate::json_line;
use jobq_core::written::problem::{Problem, Refused};

/// The most bytes of a line: more than any letter has.
const LONGEST: u64 = 8 << 20;

/// Letters picked by a file, each with what its line says of the task.
#[derive(Debug, Clone, Default)]
pub struct Picked {
    drafts: HashMap<LetterId, Option<Draft>>,
}

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PickedError {
    /// It can't be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Lines of it are wrong; nothing was done.
    #[error("{}", counted(.0.len(), "wrong line"))]
    Lines(Vec<Refused>),
}

impl Picked {
    /// Reads a file of lines, all of letters of this queue.
    ///
    /// # Errors
    /// All wrong lines at once: nothing is to be done by a file that is half right.
    pub fn read(file: impl BufRead, queue: &QueueName) -> Result<Self, PickedError> {
        let mut picked = Self::default();
        let mut refused = Vec::new();
        let mut file = file;
        for number in 1.. {
            let mut line = String::new();
            if io::Read::take(&mut file, LONGEST).read_line(&mut line)? == 0 {
                break;
            }
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            if let Err(problem) = picked.add(line, queue) {
                refused.push(problem.at(number));
            }
        }
        if refused.is_empty() { Ok(picked) } else { Err(PickedError::Lines(refused)) }
    }

    /// How many letters there are.
    pub fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    pub(crate) fn has(&self, letter: &LetterId) -> bool {
        self.drafts.contains_key(letter)
    }

    /// What the file says of the task of a letter. The line of a letter without one says nothing.
    pub(crate) fn draft(&self, letter: &LetterId) -> Option<&Draft> {
        self.drafts.get(letter)?.as_ref()
    }

    fn add(&mut self, line: &str, queue: &QueueName) -> Result<(), Problem> {
        let place = json_line::place(line)?.ok_or_else(|| {
            Problem::new("it names no dead letter").hint("use lines of 'jobq dlq export', or push it instead")
        })?;
        if place.queue != queue.as_str() {
            let reason = format!("its letter lies in queue '{}', not in '{queue}'", place.queue);
            return Err(Problem::new(reason).hint("use one file for each queue"));
        }
        let draft = if place.has_task { Some(json_line::parse(line)?) } else { None };
        match self.drafts.insert(LetterId(place.letter), draft) {
            None => Ok(()),
            Some(_) => Err(Problem::new("the letter was picked before").hint("leave one of the lines out")),
        }
    }
}
