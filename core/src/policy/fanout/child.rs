//! A child: what a program made, and what of its parent it keeps.

use std::borrow::Cow;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128;

use crate::envelope::Envelope;
use crate::growth::Then;
use crate::policy::redirect::{keep_credentials, leaves_tls, same_origin};
use crate::secret_names::{OPENING, secret_names};
use crate::task::{Method, Request, Task, TaskId};
use crate::time::Timestamp;
use crate::written::object::{self, Body, Written};

/// How much of its parent's id a child's id begins with where the whole has no room.
const KEPT: usize = 100;

/// What a child waits for before it may be called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    /// So long after it was made.
    For(Duration),
    /// This instant.
    Until(Timestamp),
}

impl Wait {
    /// When it is over.
    pub(super) fn ends(self, now: Timestamp) -> Timestamp {
        match self {
            Self::For(delay) => now.plus(delay),
            Self::Until(at) => at,
        }
    }
}

/// The task in a JSON text that was made at this place, and what it waits for.
pub(super) fn read(
    then: &Then,
    parent: &Envelope,
    text: &str,
    (number, item): (usize, usize),
) -> Result<(Task, Option<Wait>), String> {
    choose_no_secret(text, &then.task.code)?;
    let object = if text.starts_with('"') { Cow::Owned(format!(r#"{{"url":{text}}}"#)) } else { text.into() };
    let mut written = object::read(&object).map_err(|problem| problem.to_string())?;
    if written.dead.is_some() {
        return Err("a task has no key 'dead'".to_owned());
    }
    let (from, to) = (&parent.request.url, &written.url);
    if leaves_tls(from, to) && !then.task.code.contains("http://") {
        return Err("it leads from https to http; if that is meant, the program must say http://".to_owned());
    }
    let body = parent.request.body.as_deref().filter(|_| written.body == Body::Unsaid);
    if body.is_some_and(|body| body.contains(OPENING)) && !same_origin(from, to) {
        return Err("its parent's body names a secret, and it goes to another host: say its body".to_owned());
    }
    let id = match written.id.take() {
        Some(id) => id,
        None => child_id(&parent.id, &format!("/{}.{}", number + 1, item + 1)),
    };
    let wait = written.at.map(Wait::Until).or(written.delay.map(Wait::For));
    let (priority, delay) = (written.priority.unwrap_or(parent.priority), written.delay.unwrap_or_default());
    Ok((Task { id, request: request(&parent.request, written), priority, delay }, wait))
}

/// The call: headers and body are the parent's unless the object says otherwise, the method goes with the body.
fn request(parent: &Request, written: Written<'_>) -> Request {
    let Written { url, method, headers, body, .. } = written;
    let inherits_body = body == Body::Unsaid && parent.body.is_some();
    let headers = headers.unwrap_or_else(|| {
        let mut headers = parent.headers.clone();
        if !inherits_body {
            headers.retain(|(name, _)| !name.starts_with("content-"));
        }
        keep_credentials(&mut headers, &parent.url, &url);
        headers
    });
    let (own, headers) = body.with(headers);
    let usual = match (inherits_body, &own) {
        (true, _) => parent.method,
        (false, Some(_)) => Method::Post,
        (false, None) => Method::Get,
    };
    let body = if inherits_body { parent.body.clone() } else { own };
    Request { method: method.unwrap_or(usual), url, headers, body }
}

/// Who answers must not choose where a secret goes: only those that stand in the program may stand in what it made.
fn choose_no_secret(text: &str, code: &str) -> Result<(), String> {
    if !text.contains(OPENING) {
        return Ok(());
    }
    let names = secret_names(text).map_err(|error| error.to_string())?;
    let foreign = names.iter().find(|name| !code.contains(&format!("{OPENING}{name}}}")));
    foreign.map_or(Ok(()), |name| Err(format!("the answer names the secret '{name}', the program doesn't")))
}

/// The id of a child: its parent's and its place, so that a parent that runs twice makes the same children.
#[expect(clippy::expect_used, reason = "a piece of an id, a digest and a number are an id")]
pub(super) fn child_id(parent: &TaskId, place: &str) -> TaskId {
    let whole = format!("{parent}{place}");
    whole.parse().unwrap_or_else(|_| {
        let digest = xxh3_128(parent.as_str().as_bytes());
        let begins = &parent.as_str()[..parent.as_str().len().min(KEPT)];
        format!("{begins}~{digest:032x}{place}").parse().expect("these are an id")
    })
}
