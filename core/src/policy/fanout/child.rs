//! A child: what a program made, and what of its parent it keeps.

use xxhash_rust::xxh3::xxh3_128;

use crate::envelope::Envelope;
use crate::growth::Then;
use crate::policy::made::{self, choose_no_secret};
use crate::policy::redirect::{keep_credentials, leaves_tls, same_origin};
use crate::secret_names::OPENING;
use crate::task::{Method, Request, Task, TaskId};
use crate::time::Timestamp;
use crate::written::object::{self, Body, Written};

/// How much of its parent's id a child's id begins with where the whole has no room.
const KEPT: usize = 100;

/// The task in a JSON text that was made at this place (`/1.2`: the second of the first rule), and when it may first be called, if not at once.
pub(super) fn read(
    then: &Then,
    parent: &Envelope,
    text: &str,
    place: &str,
    now: Timestamp,
) -> Result<(Task, Option<Timestamp>), String> {
    choose_no_secret("the answer", text, &then.task.code)?;
    let object = made::object(text);
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
        None => child_id(&parent.id, place),
    };
    let due = written.due(now);
    let (priority, delay) = (written.priority.unwrap_or(parent.priority), written.delay.unwrap_or_default());
    Ok((Task { id, request: request(&parent.request, written), priority, delay }, due))
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
