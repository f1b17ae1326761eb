//! Templates: text with `{column}` places that each row of a table fills.

use std::fmt;
use std::str::FromStr;

use jobq_core::secret_names::OPENING;

/// Text with places for columns. `{{` and `}}` stand for braces, and `${secret:name}` is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// The name of the column whose value goes here.
    Column(String),
}

/// A template that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A place that doesn't end.
    #[error("a '{{' is not closed: write {{column}}, or {{{{ for a brace")]
    Unclosed,
    /// An end without a place.
    #[error("a '}}' closes nothing: write {{column}}, or }}}} for a brace")]
    Unopened,
    /// A place without a name.
    #[error("a '{{}}' names no column: write {{column}}")]
    Nameless,
}

impl Template {
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The columns it names, repeats included.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            rest = if let Some(kept) = kept(before, from)? {
                literal.push_str(kept.text);
                &from[kept.length..]
            } else {
                let (name, beyond) = place(from)?;
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Column(name.to_owned()));
                beyond
            };
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let text = text.to_owned();
        Ok(Self { text, parts })
    }
}

/// As it was written.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Something with a brace that is no place: what it stands for, and how much of the template it takes.
struct Kept<'a> {
    text: &'a str,
    length: usize,
}

fn kept<'a>(before: &str, from: &'a str) -> Result<Option<Kept<'a>>, TemplateError> {
    if from.starts_with("{{") || from.starts_with("}}") {
        let text = &from[..1];
        return Ok(Some(Kept { text, length: 2 }));
    }
    if from.starts_with('}') {
        return Err(TemplateError::Unopened);
    }
    if before.ends_with('$') && from.starts_with(&OPENING[1..]) {
        let length = from.find('}').ok_or(TemplateError::Unclosed)? + 1;
        let text = &from[..length];
        return Ok(Some(Kept { text, length }));
    }
    Ok(None)
}

fn place(from: &str) -> Result<(&str, &str), TemplateError> {
    let (name, beyond) = from[1..].split_once('}').ok_or(TemplateError::Unclosed)?;
    if name.contains('{') {
        return Err(TemplateError::Unclosed);
    }
    if name.trim().is_empty() {
        return Err(TemplateError::Nameless);
    }
    Ok((name.trim(), beyond))
}
