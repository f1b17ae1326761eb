//! A mock API on loopback that enforces its own limit, as the real ones do: 429 for whoever is too fast.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use tokio::net::TcpListener;

use crate::progress::per_second;

/// Calls it lets through at once after a lull.
const BURST: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// A mock API. `/ok/N` answers, `/flaky/N` fails at the first call, `/poison/N` is never found.
pub(crate) struct MockApi {
    listener: TcpListener,
    limiter: DefaultDirectRateLimiter,
    flaky_seen: Mutex<HashSet<String>>,
    clock: SystemClock,
    counted: Mutex<Counted>,
}

/// What a mock API has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// Calls that came.
    pub(crate) calls: u64,
    /// Calls among them that were refused because they came too fast.
    pub(crate) refused: u64,
    first: Option<Duration>,
    last: Duration,
}

impl Counted {
    /// Calls a second from the first to the last.
    pub(crate) fn per_second(&self) -> f64 {
        let length = self.last.saturating_sub(self.first.unwrap_or_default());
        per_second(self.calls.saturating_sub(1), length.as_secs_f64())
    }
}

impl MockApi {
    /// An API on a free port that allows this many calls a second.
    pub(crate) async fn bind(per_second: NonZeroU32) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let limiter = RateLimiter::direct(Quota::per_second(per_second).allow_burst(BURST));
        let (flaky_seen, counted) = (Mutex::default(), Mutex::default());
        Ok(Self { listener, limiter, flaky_seen, clock: SystemClock::new(), counted })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What it has seen so far.
    pub(crate) fn counted(&self) -> Counted {
        *lock(&self.counted)
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
        let path = request.uri().path();
        let allowed = self.limiter.check().is_ok();
        self.count(allowed);
        let status = if !allowed {
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
        response
            .headers_mut()
            .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
        Ok(response)
    }

    fn count(&self, allowed: bool) {
        let mut counted = lock(&self.counted);
        counted.calls += 1;
        counted.refused += u64::from(!allowed);
        counted.last = self.clock.uptime();
        counted.first = counted.first.or(Some(counted.last));
    }

    fn is_first(&self, path: &str) -> bool {
        lock(&self.flaky_seen).insert(path.to_owned())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
