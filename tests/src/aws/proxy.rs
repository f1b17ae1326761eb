//! A proxy between the programs and an emulator: it counts requests, and makes faults on demand.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use super::plain_http;
use super::request_kind::{Kind, kind};

/// What one kind of request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Requests that reached the emulator.
    pub requests: u64,
    /// What SQS bills for them: a request for every 64 KiB of payload, at least one.
    pub billed: u64,
}

/// What becomes of a service's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The connection closes before the emulator hears of the request.
    Unreachable,
    /// The answer is a server error; the emulator doesn't hear of the request.
    ServerError,
    /// The answer is that it isn't allowed; the emulator doesn't hear of the request.
    Refused,
    /// The emulator does what it is asked, and the connection closes before the answer.
    LostReply,
}

/// A running proxy. It ends with the process.
#[derive(Clone)]
pub struct Proxy {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    emulator: String,
    counts: BTreeMap<Kind, Count>,
    troubles: BTreeMap<&'static str, Trouble>,
    doubled: BTreeMap<Kind, Doubling>,
}

/// Which requests of a kind are sent twice.
struct Doubling {
    one_in: usize,
    seen: usize,
}

impl Doubling {
    /// Counts a request, and tells whether it is one to be sent twice.
    fn is_next(&mut self) -> bool {
        self.seen += 1;
        self.seen.is_multiple_of(self.one_in)
    }
}

impl Proxy {
    /// A proxy that leads nowhere yet: an emulator's functions must know its address before the emulator has one.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Self { url, state: Arc::default() };
        let own = proxy.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(own.serve(listener));
        });
        proxy
    }

    /// Leads to the emulator at `url` from now on.
    pub fn lead_to(&self, url: &str) {
        url.clone_into(&mut self.lock().emulator);
    }

    /// Where it listens, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes trouble for a service (`sqs`, `dynamodb`, `s3`, `lambda`) or an action (`DeleteMessageBatch`) until it is
    /// mended.
    pub fn trouble(&self, service: &'static str, trouble: Trouble) {
        self.lock().troubles.insert(service, trouble);
    }

    /// Ends a service's trouble.
    pub fn mend(&self, service: &str) {
        self.lock().troubles.remove(service);
    }

    /// Sends every request of this kind twice from now on.
    pub fn double(&self, service: &'static str, action: &'static str) {
        self.double_one_in(1, service, action);
    }

    /// Sends one of so many requests of this kind twice from now on.
    pub fn double_one_in(&self, requests: usize, service: &'static str, action: &'static str) {
        let kind = Kind { service: service.into(), action: action.into() };
        self.lock().doubled.insert(kind, Doubling { one_in: requests, seen: 0 });
    }

    /// Sends each request of this kind once again.
    pub fn single(&self, service: &'static str, action: &'static str) {
        self.lock().doubled.remove(&Kind { service: service.into(), action: action.into() });
    }

    /// What has come so far, by service and action.
    pub fn counts(&self) -> BTreeMap<Kind, Count> {
        self.lock().counts.clone()
    }

    /// Forgets what has come so far.
    pub fn reset(&self) {
        self.lock().counts.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, listener: TcpListener) {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        // The client asks for one though nothing here is encrypted; another test may have been quicker.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = plain_http::client();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let _ = stream.set_nodelay(true);
            let (own, client) = (self.clone(), client.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| own.clone().pass(request, client.clone()));
                let connection = hyper::server::conn::http1::Builder::new();
                // A client that goes away is no concern of ours.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    /// Passes a request on, or makes trouble. An error closes the connection.
    async fn pass(
        self,
        request: Request<Incoming>,
        client: reqwest::Client,
    ) -> Result<Response<Full<Bytes>>, Trouble> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Trouble::Unreachable)?.to_bytes();
        let kind = kind(&head, &body);
        let (trouble, doubled, emulator) = {
            let mut state = self.lock();
            let trouble =
                state.troubles.get(kind.service.as_str()).or(state.troubles.get(kind.action.as_str()));
            let trouble = trouble.copied();
            let doubled = state.doubled.get_mut(&kind).is_some_and(Doubling::is_next);
            (trouble, doubled, state.emulator.clone())
        };
        match trouble {
            Some(Trouble::Unreachable) => return Err(Trouble::Unreachable),
            Some(Trouble::ServerError) => return Ok(server_error()),
            Some(Trouble::Refused) => return Ok(refused(&kind)),
            Some(Trouble::LostReply) | None => {}
        }
        let url = format!("{emulator}{}", head.uri);
        let send = || {
            let mut headers = head.headers.clone();
            headers.remove("transfer-encoding");
            let request = client.request(head.method.clone(), &url).headers(headers).body(body.clone());
            async { answer(request.send().await?).await }
        };
        if doubled {
            let _ = send().await;
        }
        let (response, bytes) = send().await.map_err(|_| Trouble::Unreachable)?;
        self.count(kind, body.len().max(bytes));
        if trouble == Some(Trouble::LostReply) { Err(Trouble::LostReply) } else { Ok(response) }
    }

    fn count(&self, kind: Kind, payload: usize) {
        let mut state = self.lock();
        let count = state.counts.entry(kind).or_default();
        count.requests += 1;
        count.billed += payload.div_ceil(64 << 10).max(1) as u64;
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Trouble {}

/// The emulator's answer, and how many bytes it has.
async fn answer(response: reqwest::Response) -> Result<(Response<Full<Bytes>>, usize), reqwest::Error> {
    let (status, mut headers) = (response.status(), response.headers().clone());
    headers.remove("transfer-encoding");
    headers.remove("content-length");
    let body = response.bytes().await?;
    let bytes = body.len();
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok((answer, bytes))
}

/// S3 speaks XML, the others that are asked here JSON. Neither says which action it was.
fn refused(kind: &Kind) -> Response<Full<Bytes>> {
    let body: &[u8] = if kind.service == "s3" {
        b"<Error><Code>AccessDenied</Code><Message>made by the proxy</Message></Error>"
    } else {
        br#"{"__type":"AccessDeniedException","message":"made by the proxy"}"#
    };
    let mut answer = Response::new(Full::new(Bytes::from_static(body)));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    answer
}

fn server_error() -> Response<Full<Bytes>> {
    let body = br#"{"__type":"InternalFailure","message":"made by the proxy"}"#;
    let mut answer = Response::new(Full::new(Bytes::from_static(body)));
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}
