//! Traces of functions where something is in their way: a token that nobody may see, a receiver that is away.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use jobq_core::ports::depth::QueueDepth;
use jobq_core::trace::TraceContext;
use jobq_tests::aws;
use serde_json::json;

use crate::bootstraps::{LONG, Stage};
use crate::function::Function;
use crate::rest;

const SECRET: &str = "tok-91c0 %41+";

/// What the tasks are a part of, as `TRACEPARENT` says it.
const CONTEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A receiver that takes everything in, and remembers the heads of requests. It ends with the process.
struct Heads {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Heads {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (port, heads) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Vec<String>>>::default());
        let own = Arc::clone(&heads);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                own.lock().unwrap().push(take_in(connection.unwrap()));
            }
        });
        Self { port, heads }
    }

    fn all(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

/// Takes one request in and answers it; its head.
fn take_in(connection: TcpStream) -> String {
    let (mut connection, mut head) = (BufReader::new(connection), String::new());
    while !head.ends_with("\r\n\r\n") {
        assert!(connection.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    connection.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
    let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    connection.get_mut().write_all(answer).unwrap();
    head
}

/// The drainer of a stage as its template has it, sending traces to `endpoint`.
async fn traced(stage: &Stage, endpoint: &str, timeout: Duration) -> Function {
    let traces = format!(
        "[aws.traces]\nendpoint = \"{endpoint}\"\nheaders = {{ x-token = \"Bearer ${{secret:otlp-token}}\" }}\n"
    );
    let name = stage.stack.drainer(&"hermes".parse().unwrap());
    let variables = json!({ "JOBQ_LIMIT": "hermes", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint });
    stage.function(&name, "drainer", stage.config() + &traces, variables, timeout).await
}

async fn put_secret(stage: &Stage) {
    let name = stage.stack.secret(&"otlp-token".parse().unwrap());
    let parameter = json!({ "Name": name, "Value": SECRET, "Type": "SecureString" });
    rest::call(&aws::ministack().url(), "AmazonSSM.PutParameter", &parameter).await;
}

fn context() -> Option<TraceContext> {
    Some(CONTEXT.parse().unwrap())
}

#[tokio::test]
async fn p6_a_receivers_token_is_in_its_header_and_in_no_line() {
    let (stage, receiver) = (Stage::new(Duration::ZERO).await, Heads::start());
    put_secret(&stage).await;
    stage.push_in(context(), 3).await;
    let drainer = traced(&stage, &format!("http://127.0.0.1:{}", receiver.port), LONG).await;
    let answer = drainer.invoke(&json!({})).await;
    assert_eq!((answer.failed, &answer.payload["done"]), (false, &json!(3)), "{answer:?}");
    // They are sent before it answers.
    let heads = receiver.all();
    assert!(!heads.is_empty());
    for head in heads {
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        assert!(head.lines().any(|line| line == format!("x-token: Bearer {SECRET}")), "{head}");
    }
    drainer.line("drain_ended", |_| true).await;
    let log = drainer.log().await;
    assert!(!log.iter().any(|line| line.to_string().contains("tok-91c0")), "{log:?}");
}

/// One receiver that isn't there, one that takes everything in and never answers, and one whose token is missing.
#[tokio::test]
async fn a_receiver_that_is_away_fails_nothing_and_is_told_of() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let cases = [
        (1, true, "traces: 24 of 24 spans were not delivered"),
        (silent.local_addr().unwrap().port(), true, "traces: 24 of 24 spans were not delivered"),
        (Heads::start().port, false, "nothing is traced: set the header x-token of traces: read the secret"),
    ];
    let mut stages = Vec::new();
    for (port, has_secret, expected) in cases {
        let stage = Stage::new(Duration::ZERO).await;
        if has_secret {
            put_secret(&stage).await;
        }
        stage.push_in(context(), 12).await;
        stages.push((stage, port, expected));
    }
    let drains = stages.iter().map(|(stage, port, expected)| async move {
        let drainer = traced(stage, &format!("http://127.0.0.1:{port}"), LONG).await;
        let answer = drainer.invoke(&json!({})).await;
        assert_eq!((answer.failed, &answer.payload["done"]), (false, &json!(12)), "{answer:?}");
        assert_eq!(stage.depth().await, QueueDepth::default());
        let line = drainer.line("warning_told", |_| true).await;
        assert!(line["text"].as_str().unwrap().starts_with(expected), "{line}");
    });
    join_all(drains).await;
}

/// The time for the last spans is taken off the drain's, whether somebody takes them in or not.
#[tokio::test]
async fn a_traced_drainer_leaves_before_its_deadline() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let timeout = Duration::from_secs(14);
    let stage = Stage::new(Duration::from_millis(500)).await;
    put_secret(&stage).await;
    stage.push_in(context(), 200).await;
    let drainer = traced(&stage, &format!("http://{}", silent.local_addr().unwrap()), timeout).await;
    let answer = drainer.invoke(&json!({})).await;
    assert!(!answer.failed && answer.took < timeout, "{answer:?}");
    let count = |name: &str| answer.payload[name].as_u64().unwrap();
    assert!((10..150).contains(&count("done")), "{answer:?}");
    let depth = stage.depth().await;
    assert_eq!((depth.ready, depth.in_flight), (200 - count("done"), 0), "{answer:?} {depth:?}");
}
