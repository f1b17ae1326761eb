//! Spans: what was done for a task and how long it took, as a tracing system is told of it.
//!
//! Names of attributes are those of OpenTelemetry's semantic conventions where they have one, and begin with `jobq.`
//! where they don't. What a span holds goes to others: no secret's value, no part of a body.

use crate::time::Timestamp;
use crate::trace::{SpanId, TraceContext};

/// How many times a request was made before.
pub const RESEND_COUNT: &str = "http.request.resend_count";

/// The method of a call.
pub const METHOD: &str = "http.request.method";

/// The status of an answer.
pub const STATUS: &str = "http.response.status_code";

/// What is called; see [`shown_url`].
pub const URL: &str = "url.full";

/// The host that is called.
pub const SERVER: &str = "server.address";

/// The port that is called.
pub const PORT: &str = "server.port";

/// Which kind of failure it was: a status, or a word.
pub const ERROR: &str = "error.type";

/// Who keeps the message: `jobq`.
pub const SYSTEM: &str = "messaging.system";

/// The queue.
pub const QUEUE: &str = "messaging.destination.name";

/// The task's id.
pub const TASK: &str = "messaging.message.id";

/// What is done with a message, as jobq calls it.
pub const OPERATION: &str = "messaging.operation.name";

/// What is done with a message, as the conventions call it.
pub const OPERATION_TYPE: &str = "messaging.operation.type";

/// The task's batch.
pub const BATCH: &str = "jobq.batch";

/// Which call of the task it is, counted from 1.
pub const ATTEMPT: &str = "jobq.attempt";

/// What a call amounts to.
pub const OUTCOME: &str = "jobq.outcome";

/// How a delivery ends.
pub const SETTLEMENT: &str = "jobq.settlement";

/// Why a task is dead.
pub const REASON: &str = "jobq.reason";

/// How long a copy waits before it is called again, in seconds.
pub const DELAY: &str = "jobq.delay_seconds";

/// How large the recorded answer is, in bytes.
pub const RESULT_BYTES: &str = "jobq.result.bytes";

/// The delivery was somebody else's by then, and nothing was changed.
pub const STALE: &str = "jobq.stale";

/// What stands for the value of a query's parameter.
const REDACTED: &str = "REDACTED";

/// One thing that was done for a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What was done, with few enough names to group by.
    pub name: String,
    /// Whose part it is.
    pub kind: SpanKind,
    /// Where it stands.
    pub context: TraceContext,
    /// The span it is a part of, if there is one.
    pub parent: Option<SpanId>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What is told of it.
    pub attributes: Vec<(&'static str, Value)>,
    /// What went wrong, if something did.
    pub error: Option<String>,
}

/// Whose part a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Something is sent that somebody takes up later.
    Producer,
    /// Somebody else is asked, and waited for.
    Client,
    /// Something is done within.
    Internal,
}

/// What an attribute holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// A fraction.
    Fraction(f64),
    /// Whether something is so.
    Flag(bool),
}

impl Value {
    /// A count; one that is larger than any counts as the largest.
    pub fn count(count: impl TryInto<i64>) -> Self {
        Self::Number(count.try_into().unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A url as others may see it: without a user, without its fragment, and without the values of its query, which is
/// where people put keys. What stands there by name (`${secret:name}`) goes too: a redirect's url has no names.
pub fn shown_url(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let (place, query) = url.split_once('?').map_or((url, None), |(place, query)| (place, Some(query)));
    let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
    let (authority, path) = rest.split_once(['/', '\\']).map_or((rest, None), |(a, p)| (a, Some(p)));
    // A user may have an @ in a name or a password: the last one ends it.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let mut shown = if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") };
    if let Some(path) = path {
        shown.push('/');
        shown.push_str(path);
    }
    if let Some(query) = query {
        let pairs: Vec<String> = query.split('&').map(shown_pair).collect();
        shown.push('?');
        shown.push_str(&pairs.join("&"));
    }
    shown
}

/// A parameter by name. One without a name is all value.
fn shown_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={REDACTED}"),
        None if pair.is_empty() => String::new(),
        None => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    //! Where keys stand in urls.

    use super::*;

    #[test]
    fn a_url_is_shown_without_whatever_may_be_a_key() {
        for (url, shown) in [
            ("https://api.example.com", "https://api.example.com"),
            ("https://api.example.com:8443/a/b", "https://api.example.com:8443/a/b"),
            ("https://me:pass@api.example.com/a", "https://api.example.com/a"),
            ("https://me@there:p@ss@api.example.com", "https://api.example.com"),
            ("https://a/x@y", "https://a/x@y"),
            ("https://a/x?page=2&key=k", "https://a/x?page=REDACTED&key=REDACTED"),
            ("https://a/x?key=${secret:k}#part", "https://a/x?key=REDACTED"),
            ("https://a/x?justakey", "https://a/x?REDACTED"),
            ("https://a/x?a=b=c&&d", "https://a/x?a=REDACTED&&REDACTED"),
            ("https://me:p@a?k=v", "https://a?k=REDACTED"),
            ("https://me:p@a\\b", "https://a/b"),
            ("https://a/${secret:tenant}/x", "https://a/${secret:tenant}/x"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url), shown, "{url}");
        }
    }
}
