//! Targets and requests to test with.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jobq_adapters::http::HttpTarget;
use jobq_adapters::secrets::EnvOrFileSecrets;
use jobq_core::limit::Limit;
use jobq_core::ports::target::Target;
use jobq_core::rate::Pace;
use jobq_core::reply::{CallError, Reply};
use jobq_core::task::Request;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MIB: u64 = 1 << 20;

/// A limit that covers these hosts and allows private addresses, where all the tests' servers are.
pub(crate) fn limit(hosts: &[&str]) -> Limit {
    let mut limit = Limit::new("hermes".parse().unwrap(), Pace::Unlimited);
    limit.hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
    limit.allow_private = true;
    limit
}

pub(crate) fn target(limit: Limit) -> HttpTarget<EnvOrFileSecrets> {
    target_with_secrets(limit, Path::new("/nowhere"))
}

pub(crate) fn target_with_secrets(limit: Limit, folder: &Path) -> HttpTarget<EnvOrFileSecrets> {
    HttpTarget::new(limit, EnvOrFileSecrets::new(folder)).unwrap()
}

/// A target for which every name has these addresses.
pub(crate) fn target_with_names(limit: Limit, names: &[(&str, &[&str])]) -> HttpTarget<EnvOrFileSecrets> {
    let addresses = |list: &[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
    let names = names.iter().map(|(name, list)| ((*name).to_owned(), addresses(list))).collect();
    HttpTarget::with_names(limit, EnvOrFileSecrets::new("/nowhere"), Arc::new(Names(names))).unwrap()
}

pub(crate) fn get(url: impl Into<String>) -> Request {
    Request { url: url.into(), ..serde_json::from_str(r#"{"u": ""}"#).unwrap() }
}

pub(crate) fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

/// Makes a call with room and time enough.
pub(crate) async fn call(target: &impl Target, request: &Request) -> Result<Reply, CallError> {
    target.call(request, 20 * SECOND, MIB).await
}

struct Names(HashMap<String, Vec<IpAddr>>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.get(name.as_str()).cloned();
        Box::pin(async move {
            let found = found.ok_or("no such name")?;
            let found: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(found)
        })
    }
}
