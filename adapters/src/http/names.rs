//! Finds the addresses behind host names, and keeps those a task may connect to.
//!
//! The check stands here, inside the client's own resolving, and not before the call: what is checked is what
//! is connected to, whatever the name's owner answers the next time somebody asks.

use std::net::SocketAddr;
use std::sync::Arc;

use jobq_core::policy::address::refusal;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Every address behind a name is one that tasks may not connect to.
#[derive(Debug, thiserror::Error)]
#[error("'{host}' is {address}, a {kind} address")]
pub(super) struct Refused {
    host: String,
    address: std::net::IpAddr,
    kind: &'static str,
}

/// Resolves as the system does.
pub(super) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is put in by the client.
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

/// Leaves out of what `names` finds the addresses that are not of the public internet.
pub(super) fn only_public(names: Arc<dyn Resolve>) -> Arc<dyn Resolve> {
    Arc::new(OnlyPublic(names))
}

struct OnlyPublic(Arc<dyn Resolve>);

impl Resolve for OnlyPublic {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let finding = self.0.resolve(name);
        Box::pin(async move { Ok(public(host, finding.await?)?) })
    }
}

fn public(host: String, found: Addrs) -> Result<Addrs, Refused> {
    let (refused, public): (Vec<SocketAddr>, Vec<SocketAddr>) =
        found.partition(|address| refusal(address.ip()).is_some());
    let first = refused.first().map(SocketAddr::ip);
    match first.and_then(|address| Some((address, refusal(address)?))) {
        Some((address, kind)) if public.is_empty() => Err(Refused { host, address, kind }),
        _ => Ok(Box::new(public.into_iter())),
    }
}
