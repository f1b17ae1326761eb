//! Urls: absolute, `http` or `https`, without credentials.

use std::fmt;

use crate::secret_names::{OPENING, secret_names};
use url::Url;

use crate::written::problem::{Problem, quoted};

/// The longest url. Most servers refuse longer ones with 414.
const LONGEST: usize = 8 * 1024;

/// Where a call goes: a host and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// A name in lower case, or an address; of IPv6 in brackets.
    pub host: String,
    /// The port, also where it is the scheme's own.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Checks a url as it stands in a task.
pub fn check(text: &str) -> Result<(), Problem> {
    check_characters(text)?;
    check_scheme(text)?;
    let parsed = Url::parse(text).map_err(|error| unreadable(text, error))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(Problem::new("the url carries a user name or password")
            .hint("send it as a header: \"authorization\": \"Basic ${secret:name}\""));
    }
    if text.contains(OPENING) {
        secret_names(text).map_err(|error| Problem::new(format!("url: {error}")))?;
    }
    Ok(())
}

/// Where a call of this url goes; none for a url that [`check`] would refuse.
pub fn endpoint(text: &str) -> Option<Endpoint> {
    let parsed = Url::parse(text).ok()?;
    Some(Endpoint { host: parsed.host_str()?.to_owned(), port: parsed.port_or_known_default()? })
}

/// A url parser drops or repairs control characters and spaces silently; what was meant is then anybody's guess.
fn check_characters(text: &str) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(Problem::new("the url is empty").hint("write it in full: https://host/path"));
    }
    if text.len() > LONGEST {
        let reason = format!("the url is {} bytes long, {LONGEST} are allowed", text.len());
        return Err(Problem::new(reason).hint("send the data as the body"));
    }
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Err(
            Problem::new("the url has a control character").hint("percent-encode it, or leave it out")
        );
    }
    if text.contains(' ') {
        return Err(Problem::new("the url has a space").hint("write %20, or leave it out"));
    }
    Ok(())
}

fn check_scheme(text: &str) -> Result<(), Problem> {
    let starts =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if starts("https://") || starts("http://") {
        return Ok(());
    }
    let reason = match text.split_once("://") {
        Some((scheme, _)) => format!("the url's scheme is {}", quoted(scheme)),
        None => format!("{} is not an absolute url", quoted(text)),
    };
    Err(Problem::new(reason).hint("start it with https:// or http://"))
}

fn unreadable(text: &str, error: url::ParseError) -> Problem {
    let problem = Problem::new(format!("the url can't be read: {error}"));
    let authority = text.split('/').nth(2).unwrap_or_default();
    if authority.contains("${") {
        problem.hint("a secret may stand in the path or the query, not in the host")
    } else {
        problem.hint("write it as https://host:port/path")
    }
}
