//! A mock API on loopback that enforces its own limit, as the real ones do: 429 for whoever is too fast.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Calls it lets through at once after a lull.
const BURST: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// A mock API. `/ok/N` answers, `/flaky/N` fails at the first call, `/poison/N` is never found.
pub(crate) struct MockApi {
    listener: TcpListener,
    limiter: DefaultDirectRateLimiter,
    flaky_seen: Mutex<HashSet<String>>,
    calls: AtomicU64,
    refused: AtomicU64,
}

impl MockApi {
    /// An API on a free port that allows this many calls a second.
    pub(crate) async fn bind(per_second: NonZeroU32) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let limiter = RateLimiter::direct(Quota::per_second(per_second).allow_burst(BURST));
        let (calls, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self {
            listener,
            limiter,
            flaky_seen: Mutex::default(),
            calls,
            refused,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How many calls came, and how many of them it refused because they came too fast.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (
            self.calls.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed),
        )
    }

    /// Answers calls for as long as it is polled; never ends by itself.
    pub(crate) async fn serve(&self) {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let service = service_fn(async |request| self.answer(&request));
                    connections.push(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
                }
                Some(_) = connections.next() => {}
            }
        }
    }

    fn answer(&self, request: &Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let path = request.uri().path();
        let status = if self.limiter.check().is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
            StatusCode::TOO_MANY_REQUESTS
        } else if path.starts_with("/poison/") {
            StatusCode::NOT_FOUND
        } else if path.starts_with("/flaky/") && self.is_first(path) {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        };
        let body = format!(r#"{{"path":"{path}","status":{}}}"#, status.as_u16());
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        response.headers_mut().insert(
            "content-type",
            hyper::header::HeaderValue::from_static("application/json"),
        );
        Ok(response)
    }

    fn is_first(&self, path: &str) -> bool {
        self.flaky_seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.to_owned())
    }
}
