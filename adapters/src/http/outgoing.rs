//! Makes the request that goes out of the one a task asks for, if it may go out at all.

use std::net::IpAddr;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::limit::Limit;
use jobq_core::policy::address::refusal;
use jobq_core::reply::CallError;
use jobq_core::task::{self, Method};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::{Host, Url};

use super::vault::{Place, Vault};

/// Headers that belong to the connection or follow from the url and the body. One set by hand could have a
/// server take one request for two, or serve a host that the limit doesn't cover.
const NOT_BY_HAND: [&str; 10] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What a limit allows its tasks, and what it adds to them.
pub(super) struct Rules {
    limit: Limit,
    /// The limit's headers, their names read once.
    headers: Vec<(HeaderName, String)>,
}

impl Rules {
    pub(super) fn new(limit: Limit) -> Result<Self, Fault> {
        let named = |(name, value): &(String, String)| Ok((header_name(name)?, value.clone()));
        let headers: Result<_, CallError> = limit.headers.iter().map(named).collect();
        let headers = headers.map_err(|error| {
            let operation = format!("read the headers of limit '{}'", limit.name);
            Fault::new(FaultKind::Lasting, operation).caused_by(error)
        })?;
        Ok(Self { limit, headers })
    }

    /// The request to send, secrets put in. Nothing has been sent when this answers an error.
    pub(super) fn outgoing(
        &self,
        request: &task::Request,
        vault: &Vault,
    ) -> Result<reqwest::Request, CallError> {
        let url = self.url(&vault.fill(&request.url, Place::Url)?)?;
        let mut outgoing = reqwest::Request::new(method(request.method), url);
        *outgoing.headers_mut() = self.headers(&request.headers, vault)?;
        if let Some(body) = &request.body {
            let body = vault.fill(body, Place::Elsewhere)?.into_owned();
            *outgoing.body_mut() = Some(body.into());
        }
        Ok(outgoing)
    }

    fn url(&self, text: &str) -> Result<Url, CallError> {
        let forbidden = |why: String| Err(CallError::Forbidden(why));
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => return forbidden(format!("the url can't be read: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return forbidden(format!("only http and https can be called, not {}:", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return forbidden(
                "a url may not hold a user or password: send an authorization header".to_owned(),
            );
        }
        let host = url.host_str().unwrap_or_default();
        if !self.limit.covers(host, url.port_or_known_default().unwrap_or_default()) {
            let (limit, host) = (&self.limit.name, url.authority());
            return forbidden(format!("the limit '{limit}' doesn't cover {host}: add it to 'hosts'"));
        }
        self.check_literal(&url)?;
        Ok(url)
    }

    /// Checks a host that is an address already: the client connects to it without resolving anything.
    fn check_literal(&self, url: &Url) -> Result<(), CallError> {
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        match refusal(address) {
            Some(kind) if !self.limit.allow_private => Err(CallError::Forbidden(format!(
                "{address} is a {kind} address, and its limit doesn't set allow_private"
            ))),
            _ => Ok(()),
        }
    }

    /// The task's headers, and beneath them the limit's.
    fn headers(&self, own: &[(String, String)], vault: &Vault) -> Result<HeaderMap, CallError> {
        let mut headers = HeaderMap::with_capacity(own.len() + self.headers.len() + 4);
        for (name, value) in own {
            let name = header_name(name)?;
            let value = header_value(&name, value, vault)?;
            headers.append(name, value);
        }
        for (name, value) in &self.headers {
            if !headers.contains_key(name) {
                headers.insert(name, header_value(name, value, vault)?);
            }
        }
        Ok(headers)
    }
}

fn header_name(text: &str) -> Result<HeaderName, CallError> {
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| CallError::Forbidden(format!("'{text}' is not a header name")))?;
    if NOT_BY_HAND.contains(&name.as_str()) {
        return Err(CallError::Forbidden(format!("the header '{name}' can't be set by a task")));
    }
    Ok(name)
}

fn header_value(name: &HeaderName, text: &str, vault: &Vault) -> Result<HeaderValue, CallError> {
    let filled = vault.fill(text, Place::Elsewhere)?;
    let is_secret = filled != text;
    let mut value = HeaderValue::from_bytes(filled.as_bytes()).map_err(|_| {
        CallError::Forbidden(format!("the value of the header '{name}' holds a control character"))
    })?;
    // Keeps it out of HTTP/2's header tables and of `Debug`.
    value.set_sensitive(is_secret);
    Ok(value)
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Options => reqwest::Method::OPTIONS,
    }
}
