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
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jobq_adapters::clock::SystemClock;
use jobq_core::ports::clock::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::hermes::{Saying, saying};
use crate::progress::per_second;

/// Calls it lets through at once after a lull: those of 67 ms, for which a busy machine may hold them up.
const BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// Where it is told that a batch has ended: no call of its API.
const ENDED: &str = "/ended";

/// The mock Hermes API.
pub(crate) struct MockApi {
    listener: TcpListener,
    limiter: DefaultDirectRateLimiter,
    failed_once: Mutex<HashSet<String>>,
    clock: SystemClock,
    counted: Mutex<Counted>,
}

/// What a mock API has seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// Calls that came.
    pub(super) calls: u64,
    /// Calls among them that were refused because they came too fast.
    pub(super) refused: u64,
    /// How many times it was told that a batch has ended.
    pub(super) ends: u64,
    first: Option<Duration>,
    last: Duration,
}

impl Counted {
    /// Calls a second from the first to the last.
    pub(super) fn per_second(&self) -> f64 {
        let length = self.last.saturating_sub(self.first.unwrap_or_default());
        per_second(self.calls.saturating_sub(1), length.as_secs_f64())
    }
}

impl MockApi {
    /// An API on a free port that allows this many calls a second.
    pub(crate) async fn bind(per_second: NonZeroU32) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let limiter = RateLimiter::direct(Quota::per_second(per_second).allow_burst(BURST));
        let (failed_once, counted) = (Mutex::default(), Mutex::default());
        Ok(Self { listener, limiter, failed_once, clock: SystemClock::new(), counted })
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
        let (status, body) = match request.uri().path() {
            ENDED => {
                lock(&self.counted).ends += 1;
                (StatusCode::OK, Value::Null)
            }
            path => self.say(path),
        };
        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(response)
    }

    fn say(&self, path: &str) -> (StatusCode, Value) {
        let allowed = self.limiter.check().is_ok();
        self.count(allowed);
        if !allowed {
            return (StatusCode::TOO_MANY_REQUESTS, json!({ "error": "too many calls" }));
        }
        match saying(path) {
            Saying::This(body) => (StatusCode::OK, body),
            Saying::AtSecondCall(_) if lock(&self.failed_once).insert(path.to_owned()) => {
                (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "not ready" }))
            }
            Saying::AtSecondCall(body) => (StatusCode::OK, body),
            Saying::Nothing => (StatusCode::NOT_FOUND, json!({ "error": "no such thing" })),
        }
    }

    fn count(&self, allowed: bool) {
        let mut counted = lock(&self.counted);
        counted.calls += 1;
        counted.refused += u64::from(!allowed);
        counted.last = self.clock.uptime();
        counted.first = counted.first.or(Some(counted.last));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
