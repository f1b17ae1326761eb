//! One task as one JSON object.
//!
//! The object is taken apart into its keys and the raw text of their values; each value is then read by the
//! key's own rule. So a wrong type is told in our words, and a body goes out byte for byte as it stands.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::problem::{Problem, quoted};
use super::{address, headers};
use crate::config::nearest::suggestion;
use crate::human::parse_duration;
use crate::nesting;
use crate::secret_names::{OPENING, secret_names};
use crate::task::{ChoiceError, Method, Priority, Request, TaskId};
use crate::time::Timestamp;
use crate::zone;

/// What people write. `dead` stands beside these in exported dead letters.
const KEYS: [&str; 8] = ["url", "method", "headers", "body", "id", "priority", "delay", "at"];

const EXAMPLE: &str = r#"write one task a line: {"url": "https://host/path"}"#;

/// What an object says of a task, checked. What it doesn't say is for the reader to fill in.
#[derive(Debug, Clone)]
pub struct Written<'a> {
    /// Where it calls.
    pub url: String,
    /// How.
    pub method: Option<Method>,
    /// With which headers.
    pub headers: Option<Vec<(String, String)>>,
    /// With which body.
    pub body: Body,
    /// Its id.
    pub id: Option<TaskId>,
    /// How soon it is served.
    pub priority: Option<Priority>,
    /// How long it waits.
    pub delay: Option<Duration>,
    /// Until when it waits; never beside a delay.
    pub at: Option<Timestamp>,
    /// The story of the dead letter it was, as it stands.
    pub dead: Option<&'a RawValue>,
}

/// What an object says of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing at all.
    Unsaid,
    /// That there is none.
    None,
    /// This one, of this content type unless the headers say otherwise.
    Given(String, &'static str),
}

/// Reads one object.
///
/// # Errors
/// What is wrong with it.
pub fn read(line: &str) -> Result<Written<'_>, Problem> {
    let fields = Fields::read(line)?;
    let url = given(fields.url).ok_or_else(|| Problem::new("there is no url").hint(EXAMPLE))?;
    let url = text("url", url)?.into_owned();
    address::check(&url)?;
    let delay = given(fields.delay).map(read_delay).transpose()?;
    let at = given(fields.at).map(read_at).transpose()?;
    if delay.is_some() && at.is_some() {
        return Err(Problem::new("there are a delay and an at").hint("leave one out"));
    }
    Ok(Written {
        url,
        headers: given(fields.headers).map(read_headers).transpose()?,
        body: read_body(fields.body)?,
        method: given(fields.method).map(|raw| parsed("method", raw)).transpose()?,
        id: given(fields.id).map(read_id).transpose()?,
        priority: given(fields.priority).map(|raw| parsed("priority", raw)).transpose()?,
        delay,
        at,
        dead: given(fields.dead),
    })
}

/// What an object tells at a glance, unchecked: the story of a dead letter, and whether it tells a task at all.
///
/// # Errors
/// That it isn't such an object.
pub fn glance(line: &str) -> Result<(Option<&RawValue>, bool), Problem> {
    let fields = Fields::read(line)?;
    let Fields { url, method, headers, body, id, priority, delay, at, dead } = fields;
    let task = [url, method, headers, body, id, priority, delay, at];
    Ok((given(dead), task.iter().any(Option::is_some)))
}

impl Written<'_> {
    /// When it may first be called, if it is to wait, of a task that is made at `now`.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.at.or(self.delay.map(|delay| now.plus(delay)))
    }

    /// The call, of which all that isn't said is as usual: no headers, no body, GET without a body and POST with one.
    pub fn request(self) -> Request {
        let headers = self.headers.unwrap_or_default();
        let (body, headers) = self.body.with(headers);
        let usual = if body.is_some() { Method::Post } else { Method::Get };
        Request { method: self.method.unwrap_or(usual), url: self.url, headers, body }
    }
}

impl Body {
    /// The body's text, and the headers with its content type where they didn't have one.
    pub fn with(self, mut headers: Vec<(String, String)>) -> (Option<String>, Vec<(String, String)>) {
        match self {
            Self::Unsaid | Self::None => (None, headers),
            Self::Given(body, content_type) => {
                if !headers::has(&headers, "content-type") {
                    headers.push(("content-type".to_owned(), content_type.to_owned()));
                }
                (Some(body), headers)
            }
        }
    }
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
fn read_body(raw: Option<&RawValue>) -> Result<Body, Problem> {
    let Some(raw) = raw else { return Ok(Body::Unsaid) };
    if raw.get() == "null" {
        return Ok(Body::None);
    }
    let (body, content_type) = if kind(raw) == "text" {
        (text("body", raw)?.into_owned(), "text/plain; charset=utf-8")
    } else {
        (raw.get().to_owned(), "application/json")
    };
    if body.contains(OPENING) {
        secret_names(&body).map_err(|error| Problem::new(format!("body: {error}")))?;
    }
    Ok(Body::Given(body, content_type))
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

fn parsed<T: std::str::FromStr<Err = ChoiceError>>(key: &str, raw: &RawValue) -> Result<T, Problem> {
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
