//! The values of a limit's secrets at one moment: puts them into requests, takes them out of replies.

use std::borrow::Cow;

use jobq_core::name::{NameError, SecretName};
use jobq_core::ports::secrets::Secret;
use jobq_core::reply::{CallError, Reply};
use jobq_core::secret_names::{OPENING, ReferenceError};
use memchr::memmem::Finder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is not an unreserved character of urls (RFC 3986, 2.3). A value must not end the part it stands in.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A secret's value, or why it can't be had.
pub(crate) type Found = Result<Secret, String>;

/// Where in a request a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the url, where values are percent-encoded.
    Url,
    /// In a header or the body, where they stand as they are.
    Elsewhere,
}

/// The values of a limit's secrets at one moment.
#[derive(Default)]
pub(crate) struct Vault {
    secrets: Vec<Known>,
}

struct Known {
    name: SecretName,
    found: Found,
    /// The value in the forms in which an API may send it back.
    traces: Vec<Finder<'static>>,
}

impl Vault {
    pub(super) fn new(secrets: impl Iterator<Item = (SecretName, Found)>) -> Self {
        let known = |(name, found): (SecretName, Found)| {
            let traces = found.as_ref().map(traces).unwrap_or_default();
            Known { name, found, traces }
        };
        Self { secrets: secrets.map(known).collect() }
    }

    /// Whether these, in the same order, are its values.
    pub(super) fn holds(&self, found: &[Found]) -> bool {
        self.secrets.iter().map(|known| &known.found).eq(found)
    }

    /// The text with a value in place of every `${secret:name}`.
    pub(crate) fn fill<'a>(&self, text: &'a str, place: Place) -> Result<Cow<'a, str>, CallError> {
        if !text.contains(OPENING) {
            return Ok(Cow::Borrowed(text));
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPENING) {
            let (name, beyond) = after.split_once('}').ok_or_else(unclosed)?;
            filled.push_str(before);
            let value = self.value(name)?.reveal();
            match place {
                Place::Url => filled.extend(utf8_percent_encode(value, RESERVED)),
                Place::Elsewhere => filled.push_str(value),
            }
            rest = beyond;
        }
        filled.push_str(rest);
        Ok(Cow::Owned(filled))
    }

    fn value(&self, name: &str) -> Result<&Secret, CallError> {
        let known = self.secrets.iter().find(|known| known.name.as_str() == name);
        match known {
            Some(known) => known.found.as_ref().map_err(|why| CallError::Secret(why.clone())),
            None => Err(CallError::Forbidden(match name.parse::<SecretName>() {
                Ok(name) => format!("its limit doesn't list the secret '{name}': add it to 'secrets'"),
                Err(error) => NameError::to_string(&error),
            })),
        }
    }

    /// The reply with a secret's name wherever its value stood.
    pub(super) fn hide_in_reply(&self, mut reply: Reply) -> Reply {
        if self.secrets.is_empty() {
            return reply;
        }
        for (_, value) in &mut reply.headers {
            self.hide_in_text(value);
        }
        if let Some(body) = self.hidden(&reply.body) {
            reply.body = body;
        }
        reply
    }

    /// The error with a secret's name wherever its value stood.
    pub(super) fn hide_in_error(&self, mut error: CallError) -> CallError {
        match &mut error {
            CallError::Connection(text)
            | CallError::Forbidden(text)
            | CallError::Secret(text)
            | CallError::Panicked(text) => self.hide_in_text(text),
            CallError::Timeout(_) | CallError::TooLarge(_) => {}
        }
        error
    }

    fn hide_in_text(&self, text: &mut String) {
        if let Some(hidden) = self.hidden(text.as_bytes()) {
            *text = String::from_utf8_lossy(&hidden).into_owned();
        }
    }

    /// The bytes with names for values, if there are values in them. Goes over them once: a name put in may
    /// look like another secret's value, and isn't.
    fn hidden(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut places = self.places(bytes);
        if places.is_empty() {
            return None;
        }
        // Where one value is part of another, the longer one gives the name.
        places.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
        let mut hidden = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for (start, end, name) in places {
            if start >= done {
                hidden.extend_from_slice(&bytes[done..start]);
                hidden.extend_from_slice(format!("{OPENING}{name}}}").as_bytes());
            }
            done = done.max(end);
        }
        hidden.extend_from_slice(&bytes[done..]);
        Some(hidden)
    }

    fn places(&self, bytes: &[u8]) -> Vec<(usize, usize, &SecretName)> {
        let traces =
            self.secrets.iter().flat_map(|known| known.traces.iter().map(move |trace| (trace, &known.name)));
        traces
            .flat_map(|(trace, name)| {
                let length = trace.needle().len();
                trace.find_iter(bytes).map(move |start| (start, start + length, name))
            })
            .collect()
    }
}

fn unclosed() -> CallError {
    CallError::Forbidden(ReferenceError::Unclosed.to_string())
}

/// A value as it is, as a url holds it, and as JSON does.
fn traces(secret: &Secret) -> Vec<Finder<'static>> {
    let value = secret.reveal();
    let json = serde_json::Value::from(value).to_string();
    let mut forms = vec![
        value.to_owned(),
        utf8_percent_encode(value, RESERVED).to_string(),
        json[1..json.len() - 1].to_owned(),
    ];
    forms.sort_unstable();
    forms.dedup();
    forms
        .iter()
        .filter(|form| !form.is_empty())
        .map(|form| Finder::new(form.as_bytes()).into_owned())
        .collect()
}
