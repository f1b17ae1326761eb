//! Where a redirect leads, and what is asked for there.

use url::Url;

use crate::reply::Reply;
use crate::secret_names::OPENING;
use crate::task::{Method, Request};

/// How many redirects a call may go through.
const MOST_REDIRECTS: u32 = 5;

/// Headers that say who calls; they stay with the host they were meant for.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// The absolute url that a redirect leads to, after `redirects` earlier ones; or why it leads nowhere.
pub fn target(request: &Request, reply: &Reply, redirects: u32) -> Result<String, String> {
    if redirects >= MOST_REDIRECTS {
        return Err(format!("the API redirected more than {MOST_REDIRECTS} times"));
    }
    let location = reply
        .header("location")
        .ok_or_else(|| format!("the API answered {} without a location", reply.status))?;
    let from = Url::parse(&request.url).map_err(|error| format!("the url can't be read: {error}"))?;
    let to = from.join(location).map_err(|error| format!("the location can't be read: {error}"))?;
    match (from.scheme(), to.scheme()) {
        ("https", "http") => Err("the API redirected from https to http".to_owned()),
        // Who answers must not choose where a secret goes.
        (_, "http" | "https") if to.as_str().contains(OPENING) => {
            Err("the API redirected to a url that names a secret".to_owned())
        }
        (_, "http" | "https") => Ok(to.into()),
        (_, other) => Err(format!("the API redirected to {other}:")),
    }
}

/// The request to make at the redirect's target (RFC 9110, 15.4): 303 asks with GET, and so do 301 and 302
/// after a POST; credentials don't cross over to another host.
pub fn follow(mut request: Request, status: u16, to: String) -> Request {
    let becomes_get = match status {
        303 => !request.method.only_reads(),
        301 | 302 => request.method == Method::Post,
        _ => false,
    };
    if becomes_get {
        request.method = Method::Get;
        request.body = None;
        request.headers.retain(|(name, _)| !name.starts_with("content-"));
    }
    keep_credentials(&mut request.headers, &request.url, &to);
    request.url = to;
    request
}

/// Drops the headers that say who calls, or name a secret, where `to` is another origin than `from`.
pub(super) fn keep_credentials(headers: &mut Vec<(String, String)>, from: &str, to: &str) {
    if !same_origin(from, to) {
        headers.retain(|(name, value)| !CREDENTIALS.contains(&name.as_str()) && !value.contains(OPENING));
    }
}

/// Whether a call that goes from one url to another would leave TLS: what is sent with it could be read on the way.
pub(super) fn leaves_tls(from: &str, to: &str) -> bool {
    let scheme = |url: &str| url.split(':').next().unwrap_or(url).to_ascii_lowercase();
    scheme(from) == "https" && scheme(to) == "http"
}

pub(super) fn same_origin(a: &str, b: &str) -> bool {
    match (Url::parse(a), Url::parse(b)) {
        (Ok(a), Ok(b)) => a.origin() == b.origin(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    //! What is kept and what is dropped on the way.

    use super::*;

    fn post() -> Request {
        Request {
            method: Method::Post,
            url: "https://a.example/x".to_owned(),
            headers: vec![("authorization".into(), "s".into()), ("content-type".into(), "t".into())],
            body: Some("b".to_owned()),
        }
    }

    #[test]
    fn a_303_asks_with_get_and_another_host_sees_no_credentials() {
        let request = follow(post(), 303, "https://b.example/y".to_owned());
        assert_eq!((request.method, request.body, request.headers.len()), (Method::Get, None, 0));
    }

    #[test]
    fn a_307_repeats_the_call_as_it_was() {
        let request = follow(post(), 307, "https://a.example/y".to_owned());
        assert_eq!(request, Request { url: "https://a.example/y".to_owned(), ..post() });
    }

    #[test]
    fn leads_nowhere_without_http_or_after_too_many() {
        let to = |location: &str, redirects| {
            let headers = vec![("location".to_owned(), location.to_owned())];
            target(&post(), &Reply { status: 302, headers, body: Vec::new() }, redirects)
        };
        assert!(to("file:///etc/passwd", 0).is_err());
        assert!(to("/y", 5).is_err());
        assert!(to("http://a.example/y", 0).is_err(), "credentials would go out in the clear");
        assert!(to("/?x=${secret:token}", 0).is_err(), "the API would be sent a secret of its choice");
        assert_eq!(to("//c.example/y", 4).unwrap(), "https://c.example/y");
    }
}
