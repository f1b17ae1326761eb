//! The HTTP client of a limit: one request goes out for one call, over connections kept for the next.

use std::sync::Arc;
use std::time::Duration;

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::reply::CallError;
use reqwest::dns::Resolve;
use reqwest::{Request, Response, redirect, retry};

use super::failure;
use super::tls::tls;

/// Less than servers and load balancers commonly keep an idle connection (60 s and more), so that it is seldom
/// their closing that ends it, under a call that has just been written.
const IDLE: Duration = Duration::from_secs(30);

/// An address that swallows packets must not use up the whole time of a call while others are untried.
const CONNECTING: Duration = Duration::from_secs(10);

const USER_AGENT: &str = concat!("jobq/", env!("CARGO_PKG_VERSION"));

/// Sends requests, each exactly once.
pub(super) struct Client {
    inner: reqwest::Client,
    /// Why there are no certificates to trust, if there are none.
    trustless: Option<String>,
}

impl Client {
    /// A client that connects to the addresses `names` finds, and by TLS to whom the system trusts.
    pub(super) fn new(names: Arc<dyn Resolve>) -> Result<Self, Fault> {
        let fault = |error: Box<dyn std::error::Error + Send + Sync>| {
            Fault::new(FaultKind::Lasting, "set up the HTTP client").caused_by(error)
        };
        let (tls, trustless) = tls().map_err(|error| fault(error.into()))?;
        let inner = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            // One call is one request: what is started is counted against the limit, and proxies and
            // redirects would lead past the checks of where a task may go.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .dns_resolver(names)
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECTING)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| fault(error.into()))?;
        Ok(Self { inner, trustless })
    }

    /// Sends a request to `host` and reads the head of the answer.
    pub(super) async fn send(&self, request: Request, host: &str) -> Result<Response, CallError> {
        if let (Some(why), "https") = (&self.trustless, request.url().scheme()) {
            return Err(CallError::Connection(format!(
                "{host}: {why}: install your system's ca-certificates, or set SSL_CERT_FILE"
            )));
        }
        let sent = self.inner.execute(request).await;
        sent.map_err(|error| failure::of_call(&error, host))
    }
}
