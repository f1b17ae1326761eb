//! JSON Lines: one task as one JSON object.
//!
//! The object is taken apart into its keys and the raw text of their values; each value is then read by the
//! key's own rule. So a wrong type is told in our words, and a body goes out byte for byte as it stands.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use jobq_core::config::nearest::suggestion;
use jobq_core::config::secret_names::{OPENING, secret_names};
use jobq_core::human::parse_duration;
use jobq_core::nesting;
use jobq_core::task::{Method, Request, TaskId};
use jobq_core::time::Timestamp;
use jobq_core::zone;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::draft::Draft;
use crate::letters::line::{History, Story};
use crate::problem::{Problem, quoted};
use crate::{address, headers};

/// What people write. `dead` stands beside these in exported dead letters.
const KEYS: [&str; 8] = ["url", "method", "headers", "body", "id", "priority", "delay", "at"];

const EXAMPLE: &str = r#"write one task a line: {"url": "https://host/path"}"#;

/// Reads one line.
pub(crate) fn parse(line: &str) -> Result<Draft, Problem> {
    let fields = Fields::read(line)?;
    let url = given(fields.url).ok_or_else(|| Problem::new("there is no url").hint(EXAMPLE))?;
    let url = text("url", url)?.into_owned();
    address::check(&url)?;
    let mut headers = given(fields.headers).map(read_headers).transpose()?.unwrap_or_default();
    let body = match given(fields.body) {
        Some(raw) => Some(read_body(raw, &mut headers)?),
        None => None,
    };
    let method = match given(fields.method) {
        Some(raw) => parsed("method", raw)?,
        None if body.is_some() => Method::Post,
        None => Method::Get,
    };
    let delay = given(fields.delay).map(read_delay).transpose()?;
    let at = given(fields.at).map(read_at).transpose()?;
    if delay.is_some() && at.is_some() {
        return Err(Problem::new("there are a delay and an at").hint("leave one out"));
    }
    Ok(Draft {
        id: given(fields.id).map(read_id).transpose()?,
        request: Request { method, url, headers, body },
        priority: given(fields.priority).map(|raw| parsed("priority", raw)).transpose()?,
        delay,
        at,
        history: given(fields.dead).map(read_story).transpose()?.map(History::of),
    })
}

/// Where a line of a dead letter comes from.
pub(crate) struct Place {
    /// The queue it lies in.
    pub(crate) queue: String,
    /// What the backend calls it.
    pub(crate) letter: String,
    /// Whether the line tells a task.
    pub(crate) has_task: bool,
}

/// Where a line comes from; none if it doesn't say.
pub(crate) fn place(line: &str) -> Result<Option<Place>, Problem> {
    let fields = Fields::read(line)?;
    let story = given(fields.dead).map(read_story).transpose()?;
    let Fields { url, method, headers, body, id, priority, delay, at, .. } = fields;
    let task = [url, method, headers, body, id, priority, delay, at];
    let has_task = task.iter().any(Option::is_some);
    Ok(story.map(|story| Place { queue: story.queue, letter: story.letter, has_task }))
}

/// The values of a task's keys as they stand.
#[derive(Default)]
struct Fields<'a> {
    url: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    headers: Option<&'a RawValue>,
    body: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    priority: Option<&'a RawValue>,
    delay: Option<&'a RawValue>,
    at: Option<&'a RawValue>,
    dead: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    fn read(line: &'a str) -> Result<Self, Problem> {
        if !line.trim_ascii_start().starts_with('{') {
            return Err(Problem::new(format!("{} is not a JSON object", quoted(line))).hint(EXAMPLE));
        }
        // Here once, so that nobody who reads it later has to descend further.
        nesting::check(line.as_bytes(), nesting::DEEPEST).map_err(|error| {
            Problem::new(format!("{error}"))
                .hint("write such a body as text, in quotes, with its content-type")
        })?;
        let Object(entries) = serde_json::from_str(line).map_err(|error| broken(&error))?;
        let mut fields = Self::default();
        for (key, value) in entries {
            let slot = fields.slot(&key).ok_or_else(|| unknown(&key))?;
            if slot.replace(value).is_some() {
                return Err(Problem::new(format!("the key '{key}' is there twice")).hint("leave one out"));
            }
        }
        Ok(fields)
    }

    fn slot(&mut self, key: &str) -> Option<&mut Option<&'a RawValue>> {
        match key {
            "url" => Some(&mut self.url),
            "method" => Some(&mut self.method),
            "headers" => Some(&mut self.headers),
            "body" => Some(&mut self.body),
            "id" => Some(&mut self.id),
            "priority" => Some(&mut self.priority),
            "delay" => Some(&mut self.delay),
            "at" => Some(&mut self.at),
            "dead" => Some(&mut self.dead),
            _ => None,
        }
    }
}

/// Many programs write a `null` where there is nothing.
fn given(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|raw| raw.get() != "null")
}

fn read_headers(raw: &RawValue) -> Result<Vec<(String, String)>, Problem> {
    if kind(raw) != "an object" {
        let reason = format!("headers is {}, not an object", kind(raw));
        return Err(Problem::new(reason).hint(r#"write "headers": {"accept": "application/json"}"#));
    }
    let Object(entries) = serde_json::from_str(raw.get()).map_err(|error| broken(&error))?;
    let mut checked = Vec::with_capacity(entries.len() + 1);
    for (name, value) in entries {
        let value = text(format_args!("the header '{name}'"), value)?;
        headers::add(&mut checked, &name, &value)?;
    }
    Ok(checked)
}

/// A string goes out as its text, anything else as its JSON, and the content type says which.
fn read_body(raw: &RawValue, headers: &mut Vec<(String, String)>) -> Result<String, Problem> {
    let (body, content_type) = if kind(raw) == "text" {
        (text("body", raw)?.into_owned(), "text/plain; charset=utf-8")
    } else {
        (raw.get().to_owned(), "application/json")
    };
    if body.contains(OPENING) {
        secret_names(&body).map_err(|error| Problem::new(format!("body: {error}")))?;
    }
    if !headers::has(headers, "content-type") {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Ok(body)
}

/// Many exports have numbers for ids; their digits are the id.
fn read_id(raw: &RawValue) -> Result<TaskId, Problem> {
    let id = if kind(raw) == "a number" { Cow::Borrowed(raw.get()) } else { text("id", raw)? };
    id.parse().map_err(|error| Problem::new(format!("{error}")))
}

fn read_delay(raw: &RawValue) -> Result<Duration, Problem> {
    if kind(raw) == "a number" {
        let reason = format!("the delay {} has no unit", quoted(raw.get()));
        return Err(Problem::new(reason).hint(r#"write it with one, in quotes: "10s", "5m""#));
    }
    parse_duration(&text("delay", raw)?).map_err(|error| Problem::new(format!("delay: {error}")))
}

fn read_at(raw: &RawValue) -> Result<Timestamp, Problem> {
    zone::instant(&text("at", raw)?).map_err(|why| Problem::new(format!("at: {why}")))
}

fn read_story(raw: &RawValue) -> Result<Story, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        Problem::new(format!("dead: {words}")).hint("leave it as 'jobq dlq export' wrote it, or leave it out")
    })
}

fn parsed<T: std::str::FromStr<Err = jobq_core::task::ChoiceError>>(
    key: &str,
    raw: &RawValue,
) -> Result<T, Problem> {
    text(key, raw)?.parse().map_err(|error| Problem::new(format!("{error}")))
}

/// A value that has to be a string.
fn text<'a>(what: impl fmt::Display, raw: &'a RawValue) -> Result<Cow<'a, str>, Problem> {
    if kind(raw) != "text" {
        return Err(Problem::new(format!("{what} is {}, not text", kind(raw))).hint("write it in quotes"));
    }
    let Text(text) = serde_json::from_str(raw.get()).map_err(|_| {
        Problem::new(format!("{what} has a broken \\u escape")).hint("write the character itself")
    })?;
    Ok(text)
}

/// What a value is, by its first byte.
fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'"') => "text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn unknown(key: &str) -> Problem {
    Problem::new(format!("unknown key {}", quoted(key))).hint(suggestion(key, "key", &KEYS))
}

/// The parser's own words, with the column alone: it counts lines within the line.
fn broken(error: &serde_json::Error) -> Problem {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    let reason = format!("broken JSON at column {}: {words}", error.column());
    let problem = Problem::new(reason);
    match words {
        "trailing characters" => problem.hint("put one object on a line, without a comma after it"),
        _ if error.is_eof() => problem.hint("put the whole object on one line"),
        _ => problem.hint(r#"keys and texts stand in double quotes; inside them write \" and \n"#),
    }
}

/// A string, borrowed from the line where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object's entries in order, repeats included.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut entries = Vec::with_capacity(KEYS.len());
                while let Some((Text(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
