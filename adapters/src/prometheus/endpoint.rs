//! `GET /metrics`, for Prometheus to fetch.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jobq_core::gauges::GaugeReading;
use jobq_core::ports::clock::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::Counters;
use super::page::{self, Part};

/// The only path there is.
pub const PATH: &str = "/metrics";

/// How long a reading of the gauges is good: it costs requests of the backend, and several may fetch.
const FRESH: Duration = Duration::from_secs(5);

/// How long one connection may take in all.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many connections there may be at once; others wait.
const AT_ONCE: usize = 16;

/// A pause after a connection that could not be accepted: there may be no file handles left.
const BREATH: Duration = Duration::from_millis(100);

/// The gauges of each limit, in the order of its counters.
pub type Gauges = Vec<Vec<GaugeReading>>;

/// Serves what was counted.
pub struct Endpoint<C> {
    listener: TcpListener,
    /// Of each limit that is told of.
    counters: Vec<Arc<Counters>>,
    clock: C,
    /// The last reading, and when it was made, by uptime.
    read: Mutex<Option<(Duration, Gauges)>>,
}

impl<C: Clock> Endpoint<C> {
    /// Listens at `address`; answers once it is polled.
    pub async fn bind(address: SocketAddr, counters: Vec<Arc<Counters>>, clock: C) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener, counters, clock, read: Mutex::default() })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers for as long as it is polled; never ends by itself. `gauges` reads them.
    pub async fn serve<R: Future<Output = Gauges>>(&self, gauges: impl Fn() -> R) {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < AT_ONCE => match accepted {
                    Ok((stream, _)) => connections.push(self.connection(stream, &gauges)),
                    Err(_) => self.clock.sleep(BREATH).await,
                },
                Some(()) = connections.next() => {}
            }
        }
    }

    async fn connection<R: Future<Output = Gauges>>(&self, stream: TcpStream, gauges: &impl Fn() -> R) {
        let service = service_fn(async |request| self.answer(&request, gauges).await);
        let serving = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            // Whoever fetched is gone: there is nobody to tell.
            _ = serving => {}
            () = self.clock.sleep(PATIENCE) => {}
        }
    }

    async fn answer<R: Future<Output = Gauges>>(
        &self,
        request: &Request<Incoming>,
        gauges: &impl Fn() -> R,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        if request.uri().path() != PATH {
            return Ok(plain(StatusCode::NOT_FOUND, "there is only /metrics\n"));
        }
        if request.method() != Method::GET {
            let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "there is only GET\n");
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
            return Ok(refused);
        }
        let parts = self.counters.iter().zip(self.gauges(gauges).await);
        let part = |(counters, gauges): (&Arc<Counters>, _)| Part { counters: Arc::clone(counters), gauges };
        let page = page::page(parts.map(part).collect());
        Ok(page.map_or_else(|error| failed(&error), metrics))
    }

    /// The gauges, read anew unless that was done just now. Who fetches meanwhile waits for the same reading.
    async fn gauges<R: Future<Output = Gauges>>(&self, gauges: &impl Fn() -> R) -> Gauges {
        let mut read = self.read.lock().await;
        let now = self.clock.uptime();
        if let Some((at, known)) = &*read
            && now.saturating_sub(*at) < FRESH
        {
            return known.clone();
        }
        let known = gauges().await;
        *read = Some((now, known.clone()));
        known
    }
}

fn metrics(text: String) -> Response<Full<Bytes>> {
    answer(StatusCode::OK, page::CONTENT_TYPE, text)
}

fn failed(error: &fmt::Error) -> Response<Full<Bytes>> {
    plain(StatusCode::INTERNAL_SERVER_ERROR, format!("write the metrics: {error}\n"))
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    answer(status, "text/plain; charset=utf-8", text)
}

fn answer(status: StatusCode, kind: &'static str, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    //! Requests in, answers out, over a real socket and a clock that stands still.

    use std::future::pending;
    use std::sync::Mutex as Lock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use jobq_core::event::metric::Gauge;
    use jobq_core::time::Timestamp;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[derive(Clone, Default)]
    struct StandingClock(Arc<Lock<Duration>>);

    impl Clock for StandingClock {
        fn now(&self) -> Timestamp {
            Timestamp::EPOCH.plus(self.uptime())
        }

        fn uptime(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        async fn sleep(&self, _: Duration) {
            pending().await
        }
    }

    async fn ask(address: SocketAddr, line: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{line} HTTP/1.1\r\nhost: jobq\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn gauges_are_read_anew_when_they_are_old_and_left_out_when_nobody_knows() {
        let clock = StandingClock::default();
        let counters = Arc::new(Counters::new("hermes".parse().unwrap(), vec!["troops".parse().unwrap()]));
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let endpoint = Endpoint::bind(local, vec![counters], clock.clone()).await.unwrap();
        let address = endpoint.address().unwrap();
        let reads = AtomicUsize::new(0);
        // It is known at first, and not afterwards.
        let read = || async {
            let known = reads.fetch_add(1, Ordering::Relaxed) == 0;
            let paused = GaugeReading { gauge: Gauge::Paused, queue: None, word: None, value: 1.0 };
            if known { vec![vec![paused]] } else { vec![Vec::new()] }
        };
        let asking = async {
            for (seconds, known, count) in
                [(0, true, 1), (4, true, 1), (5, false, 2), (9, false, 2), (10, false, 3)]
            {
                *clock.0.lock().unwrap() = Duration::from_secs(seconds);
                let answer = ask(address, "GET /metrics").await;
                assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
                assert!(answer.contains("jobq_calls_started_total{limit=\"hermes\",queue=\"troops\"} 0\n"));
                assert_eq!(answer.contains("jobq_limit_paused"), known, "after {seconds} s");
                assert_eq!(reads.load(Ordering::Relaxed), count, "after {seconds} s");
            }
            for (line, status) in [("GET /", "404"), ("POST /metrics", "405"), ("HEAD /metrics", "405")] {
                assert!(ask(address, line).await.starts_with(&format!("HTTP/1.1 {status} ")), "{line}");
            }
        };
        tokio::select! {
            () = asking => {}
            () = endpoint.serve(read) => {}
        }
    }
}
