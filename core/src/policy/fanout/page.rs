//! The next page: the same call, elsewhere.

use serde_json::Value;
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::child::child_id;
use crate::envelope::Envelope;
use crate::growth::{Page, Turn};
use crate::policy::redirect::{keep_credentials, leaves_tls};
use crate::secret_names::OPENING;
use crate::task::{Request, Task, TaskId};
use crate::written::address;

/// The next page's task, if what the program made tells of one.
pub(super) fn next(page: &Page, parent: &Envelope, text: &str) -> Result<Option<Task>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("it made no JSON: {error}"))?;
    let url = match (&page.turn, &value) {
        (_, Value::Null | Value::Bool(false)) => return Ok(None),
        (_, Value::String(text)) if text.is_empty() => return Ok(None),
        (Turn::Url, Value::String(next)) => joined(&parent.request.url, next)?,
        (Turn::Cursor(param) | Turn::Number(param), Value::Number(number)) => {
            with_param(&parent.request.url, param, &number.to_string())
        }
        (Turn::Cursor(param), Value::String(cursor)) => with_param(&parent.request.url, param, cursor),
        (Turn::Number(param), Value::Bool(true)) => {
            let now = param_of(&parent.request.url, param).and_then(|text| text.parse::<u64>().ok());
            with_param(&parent.request.url, param, &now.unwrap_or(1).saturating_add(1).to_string())
        }
        (Turn::Url, _) => return Err("the next page is to be a url or null".to_owned()),
        (Turn::Cursor(_), _) => return Err("a cursor is to be text, a number or null".to_owned()),
        (Turn::Number(_), _) => {
            return Err("a page's number is to be a number, true, false or null".to_owned());
        }
    };
    address::check(&url).map_err(|problem| problem.to_string())?;
    let mut request: Request = parent.request.clone();
    keep_credentials(&mut request.headers, &parent.request.url, &url);
    request.url = url;
    let delay = std::time::Duration::ZERO;
    Ok(Some(Task { id: page_id(&parent.id, parent.page), request, priority: parent.priority, delay }))
}

/// A page's id: its list's first task and the number of pages before it.
pub(super) fn page_id(parent: &TaskId, page: u32) -> TaskId {
    let own = format!("/p{page}");
    let list = parent.as_str().strip_suffix(&own).filter(|_| page > 0).and_then(|list| list.parse().ok());
    child_id(list.as_ref().unwrap_or(parent), &format!("/p{}", page.saturating_add(1)))
}

/// A url as it is written in an answer, which may be relative to the parent's. It names no secret.
fn joined(from: &str, next: &str) -> Result<String, String> {
    if next.contains(OPENING) {
        return Err("the next page's url names a secret".to_owned());
    }
    if leaves_tls(from, next) {
        return Err("the next page's url leads from https to http".to_owned());
    }
    if next.starts_with("https://") || next.starts_with("http://") {
        return Ok(next.to_owned());
    }
    // Taken apart as a url, a secret's name would be written otherwise.
    let path = from.split(['?', '#']).next().unwrap_or(from);
    if path.contains(OPENING) {
        return if next.starts_with('?') {
            Ok(format!("{path}{next}"))
        } else {
            Err("the next page's url is relative, and the path it is relative to names a secret".to_owned())
        };
    }
    let from = Url::parse(from).map_err(|error| format!("the url can't be read: {error}"))?;
    from.join(next).map(Into::into).map_err(|error| format!("the next page's url can't be read: {error}"))
}

/// The url with one parameter set. All else stays as it is written: it may name secrets.
fn with_param(url: &str, param: &str, value: &str) -> String {
    let whole = url.split('#').next().unwrap_or(url);
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty() && !names(pair, param));
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let own = format!("{}={}", encoded(param), encoded(value));
    let pairs: Vec<&str> = others.chain([own.as_str()]).collect();
    format!("{path}?{}", pairs.join("&"))
}

fn param_of(url: &str, param: &str) -> Option<String> {
    let (_, query) = url.split('#').next().unwrap_or(url).split_once('?')?;
    parse(query.as_bytes()).find(|(name, _)| name == param).map(|(_, value)| value.into_owned())
}

fn names(pair: &str, param: &str) -> bool {
    parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == param)
}
