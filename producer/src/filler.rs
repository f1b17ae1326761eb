//! Filling a template's places from a row.
//!
//! A url's places differ: what is data in a path must not become a slash, and what is data in a query must
//! not become an ampersand. So the place decides how a value is written.

use crate::row::Row;
use crate::template::{Part, Template};
use jobq_core::written::problem::{Problem, quoted};

/// A template whose columns were found in the header row.
#[derive(Debug)]
pub(crate) struct Filler {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Literal(String),
    Value { column: usize, name: String, place: Place },
}

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Somewhere a value stands as it is: the beginning of a url, which is checked as a whole, or no url.
    AsItIs,
    /// A url's host or port.
    Host,
    /// A part of a path.
    Path,
    /// A part of a query or fragment.
    Query,
}

/// Template columns that the header row lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing(pub(crate) Vec<String>);

impl Filler {
    /// Finds the columns of a url template.
    pub(crate) fn of_url(template: &Template, columns: &[String]) -> Result<Self, Missing> {
        let mut before = String::new();
        Self::bind(template, columns, |part| {
            let place = place_after(&before);
            match part {
                Part::Literal(text) => before.push_str(text),
                // Any value stands here: whatever it is, what follows is judged by the literals after it.
                Part::Column(_) => before.push('x'),
            }
            place
        })
    }

    /// Finds the columns of a template for plain text.
    pub(crate) fn of_text(template: &Template, columns: &[String]) -> Result<Self, Missing> {
        Self::bind(template, columns, |_| Place::AsItIs)
    }

    fn bind(
        template: &Template,
        columns: &[String],
        mut place_of: impl FnMut(&Part) -> Place,
    ) -> Result<Self, Missing> {
        let mut steps = Vec::new();
        let mut missing = Vec::new();
        for part in template.parts() {
            let place = place_of(part);
            match part {
                Part::Literal(text) => steps.push(Step::Literal(text.clone())),
                Part::Column(name) => match columns.iter().position(|column| column == name) {
                    Some(column) => {
                        let name = name.clone();
                        steps.push(Step::Value { column, name, place });
                    }
                    None => missing.push(name.clone()),
                },
            }
        }
        if missing.is_empty() { Ok(Self { steps }) } else { Err(Missing(missing)) }
    }

    /// The text for this row.
    pub(crate) fn fill(&self, row: &Row) -> Result<String, Problem> {
        let mut text = String::with_capacity(128);
        for step in &self.steps {
            match step {
                Step::Literal(literal) => text.push_str(literal),
                Step::Value { column, name, place } => {
                    let value = row.field_at(*column);
                    check(value, name, *place)?;
                    write(&mut text, value, *place);
                }
            }
        }
        Ok(text)
    }
}

/// The place that follows this much of a url.
fn place_after(before: &str) -> Place {
    if before.is_empty() {
        return Place::AsItIs;
    }
    if before.contains(['?', '#']) {
        return Place::Query;
    }
    match before.split_once("://") {
        Some((_, authority)) if !authority.contains('/') => Place::Host,
        _ => Place::Path,
    }
}

fn check(value: &str, name: &str, place: Place) -> Result<(), Problem> {
    let in_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b);
    match place {
        Place::Host if value.is_empty() || !value.bytes().all(in_host) => {
            let reason = format!("column {}: {} is not a host", quoted(name), quoted(value));
            Err(Problem::new(reason).hint("write a name like api.example.com, without scheme or path"))
        }
        // An empty part of a path, or one that means "the folder above", is a call to something else.
        Place::Path if matches!(value, "" | "." | "..") => {
            let reason = format!("column {}: {} would change the path", quoted(name), quoted(value));
            Err(Problem::new(reason).hint("fill it in, or leave the row out"))
        }
        _ => Ok(()),
    }
}

/// Percent-encodes all but the letters, digits and signs that mean themselves everywhere (RFC 3986, 2.3).
fn write(text: &mut String, value: &str, place: Place) {
    if matches!(place, Place::AsItIs | Place::Host) {
        text.push_str(value);
        return;
    }
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";
