//! Sends what the SDK has encoded, by the HTTP client that makes the calls too.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect::Policy;

use super::headers::Headers;
use crate::http::tls::tls;

/// Sends batches of spans.
#[derive(Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    /// A client that speaks TLS to whom the system trusts, gives each request so long, and sends these headers with it.
    pub(super) fn new(timeout: Duration, headers: Headers) -> Result<Self, HttpError> {
        let (tls, _) = tls()?;
        // A connection lives no longer than the runtime it was made on: see below.
        let builder = reqwest::Client::builder().tls_backend_preconfigured(tls).pool_max_idle_per_host(0);
        // A header's secret is for the receiver, and for nobody whom it names.
        let builder = builder.redirect(Policy::none()).default_headers(headers.into_inner());
        Ok(Self(builder.timeout(timeout).build()?))
    }
}

#[async_trait]
impl HttpClient for Client {
    /// Sends one batch. The SDK waits for it on a thread of its own, where no runtime is; one a batch costs nothing
    /// beside the seconds between two of them, and leaves nothing behind that would have to be ended.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut answer = self.0.execute(request.try_into()?).await?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                *headers = std::mem::take(answer.headers_mut());
            }
            Ok(response.body(answer.bytes().await?)?)
        })
    }
}
