//! Which hosts a limit covers.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host that tasks may call: `api.example.com`, `*.example.com`, either with a `:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// Lower case, without the `*`: `api.example.com` or `.example.com`.
    host: String,
    port: Option<u16>,
}

/// What a pattern names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// One host by its name: `api.example.com`.
    Name(&'a str),
    /// One host by its address.
    Address(IpAddr),
    /// Every host below a name: `example.com` of `*.example.com`.
    Below(&'a str),
}

/// A host pattern that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a host: write a name like api.example.com, *.example.com or localhost:8080, without scheme or path"
)]
pub struct HostError(String);

impl HostPattern {
    /// Whether a call to `host` at `port` is covered. A pattern without a port covers every port.
    pub fn covers(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let named = match self.host.strip_prefix('.') {
            Some(_) => host.ends_with(&self.host) && host.len() > self.host.len(),
            None => host == self.host,
        };
        named && self.port.is_none_or(|own| own == port)
    }

    /// What it names, whatever the port.
    pub fn named(&self) -> Named<'_> {
        if let Some(name) = self.host.strip_prefix('.') {
            return Named::Below(name);
        }
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare.parse().map_or(Named::Name(&self.host), Named::Address)
    }
}

impl FromStr for HostPattern {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let error = || HostError(text.to_owned());
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().map_err(|_| error())?))
            }
            _ => (text, None),
        };
        let name = host.strip_prefix("*.").unwrap_or(host);
        // As it stands in urls: lower case, punycode, addresses in their one spelling.
        let canonical = url::Host::parse(name).map_err(|_| error())?;
        let dot = if name.len() < host.len() { "." } else { "" };
        Ok(Self { host: format!("{dot}{canonical}"), port })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.host.starts_with('.') { "*" } else { "" };
        write!(f, "{star}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    //! What a pattern covers.

    use super::*;

    #[test]
    fn covers_exact_wildcard_and_port() {
        let covers = |pattern: &str, host, port| pattern.parse::<HostPattern>().unwrap().covers(host, port);
        assert!(covers("api.example.com", "API.example.com.", 443));
        assert!(!covers("api.example.com", "xapi.example.com", 443));
        assert!(covers("*.example.com", "a.b.example.com", 80));
        assert!(!covers("*.example.com", "example.com", 80));
        assert!(!covers("*.example.com", "badexample.com", 80));
        assert!(covers("localhost:8080", "localhost", 8080));
        assert!(!covers("localhost:8080", "localhost", 8081));
        assert!(covers("[::1]:80", "[::1]", 80));
        assert!(covers("127.0.0.1", "127.0.0.1", 9));
        assert!(covers("bücher.example", "xn--bcher-kva.example", 443));
    }

    #[test]
    fn names_a_host_an_address_or_what_is_below() {
        let pattern = |text: &str| text.parse::<HostPattern>().unwrap();
        assert_eq!(pattern("api.example.com:80").named(), Named::Name("api.example.com"));
        assert_eq!(pattern("*.example.com").named(), Named::Below("example.com"));
        assert_eq!(pattern("127.0.0.1:80").named(), Named::Address([127, 0, 0, 1].into()));
        assert_eq!(pattern("[::1]").named(), Named::Address("::1".parse().unwrap()));
    }

    #[test]
    fn refuses_urls_and_nonsense() {
        for text in ["https://x.example", "x.example/path", "", "a b", "x:99999"] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
