//! The formats of task files, and how one is chosen.

use std::str::FromStr;

use jobq_core::config::nearest::suggestion;

use crate::template::Template;

/// How a source is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// A table with a header row, each row filling the templates.
    Csv {
        /// Makes a row's url.
        url: Template,
        /// Makes a row's task id, if it isn't named by its line.
        id: Option<Template>,
    },
    /// One url a line, `#` beginning a comment line.
    Urls,
}

/// A format's name, as somebody asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatName {
    /// `jsonl`
    JsonLines,
    /// `csv`
    Csv,
    /// `urls`
    Urls,
}

/// What somebody said about how to read a source. Nothing is fine: then it is found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The format.
    pub format: Option<FormatName>,
    /// How a CSV row becomes a url.
    pub url: Option<Template>,
    /// How a CSV row becomes a task id.
    pub id: Option<Template>,
}

/// A source that can't be read as it was said, or not without more being said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// An unknown name.
    #[error("'{given}' is not a format: {hint}")]
    Unknown {
        /// What was given.
        given: String,
        /// What would be right.
        hint: String,
    },
    /// CSV without a way to make urls of it.
    #[error("a csv file needs a url template, like --url 'https://host/path/{{column}}'")]
    NoTemplate,
    /// Templates for a format without columns.
    #[error(
        "a template fills in the columns of a csv file, and this is not one: leave it out, or say that it is csv"
    )]
    NoColumns,
    /// A JSON document rather than lines.
    #[error("this is one JSON list, not a task a line: convert it with jq -c '.[]'")]
    JsonList,
}

const NAMES: [&str; 3] = ["jsonl", "csv", "urls"];

impl Reading {
    /// Decides how to read a source, by what was said, its name's extension, and its first bytes, in this order.
    pub fn decide(self, extension: Option<&str>, head: &[u8]) -> Result<Format, FormatError> {
        let templates = self.url.is_some() || self.id.is_some();
        let name = match self.format {
            Some(name) => name,
            None if templates && !named(extension, &["jsonl", "ndjson", "json"]) => FormatName::Csv,
            None => found(extension, head)?,
        };
        match (name, self.url) {
            (FormatName::Csv, Some(url)) => Ok(Format::Csv { url, id: self.id }),
            (FormatName::Csv, None) => Err(FormatError::NoTemplate),
            _ if templates => Err(FormatError::NoColumns),
            (FormatName::JsonLines, _) => Ok(Format::JsonLines),
            (FormatName::Urls, _) => Ok(Format::Urls),
        }
    }
}

impl FromStr for FormatName {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        match text {
            "jsonl" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            "urls" => Ok(Self::Urls),
            _ => {
                Err(FormatError::Unknown { given: text.to_owned(), hint: suggestion(text, "format", &NAMES) })
            }
        }
    }
}

/// The first byte that isn't blank tells JSON from anything else; only a name tells CSV from urls.
fn found(extension: Option<&str>, head: &[u8]) -> Result<FormatName, FormatError> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = head.trim_ascii_start().first();
    if first == Some(&b'[') {
        return Err(FormatError::JsonList);
    }
    if named(extension, &["jsonl", "ndjson", "json"]) || first == Some(&b'{') {
        return Ok(FormatName::JsonLines);
    }
    if named(extension, &["csv"]) {
        return Ok(FormatName::Csv);
    }
    Ok(FormatName::Urls)
}

fn named(extension: Option<&str>, names: &[&str]) -> bool {
    extension.is_some_and(|own| names.iter().any(|name| own.eq_ignore_ascii_case(name)))
}
