//! A limit's drainers over Lambda: their cap, starting them, and waking the autoscaler.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use jobq_adapters::aws::fleet::LambdaFleet;
use jobq_adapters::aws::sdk::Sdk;
use jobq_adapters::aws::wake::Wake;
use jobq_adapters::aws::waker::wake_autoscaler;
use jobq_core::fault::FaultKind;
use jobq_core::name::LimitName;
use jobq_core::ports::fleet::Fleet;
use jobq_core::stack::Stack;
use jobq_tests::aws;
use serde_json::{Value, json};

use crate::function::{Function, Recipe};
use crate::parts::{self, new_stack};

/// How long a function may take to tell that it was invoked.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_cap_is_set_and_read() {
    let (fleet, stack) = fleet().await;
    witness(&stack.drainer(&hermes()), &listener()).await;
    assert_eq!(fleet.cap(&hermes()).await.unwrap(), None);
    fleet.set_cap(&hermes(), 3).await.unwrap();
    assert_eq!(fleet.cap(&hermes()).await.unwrap(), Some(3));
    fleet.set_cap(&hermes(), 3).await.unwrap();
    fleet.set_cap(&hermes(), 1).await.unwrap();
    assert_eq!(fleet.cap(&hermes()).await.unwrap(), Some(1));
}

/// It would throw events away, and mean something else than no cap.
#[tokio::test]
async fn no_cap_is_ever_zero() {
    let (fleet, stack) = fleet().await;
    witness(&stack.drainer(&hermes()), &listener()).await;
    let fault = fleet.set_cap(&hermes(), 0).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
    assert_eq!(fleet.cap(&hermes()).await.unwrap(), None);
}

#[tokio::test]
async fn drainers_are_started_one_by_one_and_not_waited_for() {
    let (fleet, stack) = fleet().await;
    let listener = listener();
    witness(&stack.drainer(&hermes()), &listener).await;
    fleet.start(&hermes(), 3).await.unwrap();
    for _ in 0..3 {
        assert_eq!(Wake::read(&invoked_with(&listener)), Wake::Autoscaler);
    }
    fleet.start(&hermes(), 0).await.unwrap();
}

#[tokio::test]
async fn a_push_wakes_the_autoscaler() {
    let (sdk, stack) = (sdk().await, new_stack());
    let listener = listener();
    witness(&stack.autoscaler(), &listener).await;
    wake_autoscaler(&sdk, &stack).await.unwrap();
    assert_eq!(Wake::read(&invoked_with(&listener)), Wake::Push);
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named() {
    let (fleet, stack) = fleet().await;
    let fault = fleet.start(&hermes(), 1).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting, "{}", fault.chain());
    assert!(fault.chain().contains(&stack.drainer(&hermes())), "{}", fault.chain());
    assert_eq!(fleet.cap(&hermes()).await.unwrap_err().kind(), FaultKind::Lasting);
}

/// MiniStack takes every asynchronous invocation, so this answer is written by hand, after the API model.
#[tokio::test]
async fn throttled_starts_pass_and_say_so() {
    let server = listener();
    let url = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || throttle(&server));
    let sdk = parts::sdk(&url).await;
    let fault = LambdaFleet::new(&sdk, new_stack()).start(&hermes(), 1).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Passing);
    assert!(fault.chain().contains("Lambda throttles invocations"), "{}", fault.chain());
    assert!(fault.chain().contains("Rate Exceeded."), "{}", fault.chain());
}

async fn fleet() -> (LambdaFleet, Stack) {
    let stack = new_stack();
    (LambdaFleet::new(&sdk().await, stack.clone()), stack)
}

async fn sdk() -> Sdk {
    parts::sdk(&aws::ministack().url()).await
}

fn hermes() -> LimitName {
    "hermes".parse().unwrap()
}

/// A function that tells `listener` what it is invoked with.
async fn witness(name: &str, listener: &TcpListener) {
    let shebang = format!("#!{}\n", aws::program("python").display());
    let recipe = Recipe {
        name: name.to_owned(),
        bootstrap: (shebang + include_str!("witness.py")).into_bytes(),
        files: Vec::new(),
        variables: json!({ "WITNESS": listener.local_addr().unwrap().to_string() }),
        timeout: PATIENCE,
    };
    Function::make(&aws::ministack().url(), recipe).await;
}

fn invoked_with(listener: &TcpListener) -> Value {
    let (mut connection, _) = listener.accept().unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).unwrap()
}

/// Answers one request as Lambda does when it is invoked too often.
fn throttle(server: &TcpListener) {
    let (mut connection, _) = server.accept().unwrap();
    let read = connection.read(&mut [0; 4_096]).unwrap();
    assert!(read > 0);
    let body = r#"{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate Exceeded."}"#;
    let head = format!(
        "HTTP/1.1 429 Too Many Requests\r\nx-amzn-errortype: TooManyRequestsException\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all((head + body).as_bytes()).unwrap();
}
