//! Which service a request is for, and what it asks.

use std::fmt;

use hyper::http::request::Parts;

/// A kind of request: `sqs SendMessageBatch`, `s3 PUT`, `lambda Invoke`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// The service, as signatures name it.
    pub service: String,
    /// What is asked of it: the operation, or the method where the protocol names none.
    pub action: String,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.service, self.action)
    }
}

/// Reads a request: the service stands in its signature; the operation in a header, a form or the path.
pub(super) fn kind(head: &Parts, body: &[u8]) -> Kind {
    let header =
        |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Credential=KEY/DATE/REGION/SERVICE/aws4_request
    let scope = header("authorization").split("Credential=").nth(1).unwrap_or_default();
    let service = scope.split('/').nth(3).unwrap_or("unsigned").to_owned();
    let target = header("x-amz-target").rsplit('.').next().filter(|target| !target.is_empty());
    let form = String::from_utf8_lossy(&body[..body.len().min(4_096)]);
    let form = form.split('&').find_map(|field| field.strip_prefix("Action="));
    let action = match (target, form) {
        (Some(action), _) | (None, Some(action)) => action.to_owned(),
        (None, None) if head.uri.path().ends_with("/invocations") => "Invoke".to_owned(),
        (None, None) => head.method.to_string(),
    };
    Kind { service, action }
}
