//! One call is one request, and its answer comes whole or not at all.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jobq_core::ports::target::Target;
use jobq_core::reply::CallError;
use jobq_core::task::Method;

use crate::server::{Server, ok};
use crate::setup::{MIB, SECOND, call, get, limit, target, with_header};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn sends_the_request_with_the_limits_headers_beneath_the_tasks() {
    let server = Server::saying("hello");
    let mut limit = limit(&["127.0.0.1"]);
    limit.headers = vec![("accept".into(), "from/limit".into()), ("x-limit".into(), "a".into())];
    let mut request = with_header(get(server.url("/troops?q=1")), "accept", "from/task");
    request.method = Method::Post;
    request.body = Some("the body".into());

    let reply = call(&target(limit), &request).await.unwrap();

    assert_eq!((reply.status, reply.body.as_slice()), (200, b"hello".as_slice()));
    let [sent] = server.requests().try_into().unwrap();
    assert!(sent.starts_with("POST /troops?q=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\nthe body"), "{sent}");
    let version = env!("CARGO_PKG_VERSION");
    for line in ["accept: from/task", "x-limit: a", &format!("user-agent: jobq/{version}")] {
        assert!(sent.contains(&format!("\r\n{line}\r\n")), "{line} in {sent}");
    }
    assert!(!sent.contains("from/limit"), "{sent}");
}

#[tokio::test]
async fn keeps_connections_for_the_next_call() {
    let server = Server::saying("hello");
    let target = target(limit(&["127.0.0.1"]));
    for _ in 0..20 {
        call(&target, &get(server.url("/"))).await.unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (20, 1));
}

#[tokio::test]
async fn returns_redirects() {
    let server =
        Server::start(|_| b"HTTP/1.1 302 Found\r\nLocation: /next\r\ncontent-length: 0\r\n\r\n".to_vec());
    let reply = call(&target(limit(&["127.0.0.1"])), &get(server.url("/"))).await.unwrap();
    assert_eq!((reply.status, reply.header("location")), (302, Some("/next")));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn sends_a_request_once_even_if_the_connection_breaks() {
    let server = Server::start(|_| Vec::new());
    let error = call(&target(limit(&["127.0.0.1"])), &get(server.url("/"))).await;
    assert!(matches!(error, Err(CallError::Connection(_))), "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn decompresses_the_body() {
    let zipped = gzip(b"hello hello hello");
    let server = Server::start(move |_| ok("content-encoding: gzip\r\n", &zipped));
    let reply = call(&target(limit(&["127.0.0.1"])), &get(server.url("/"))).await.unwrap();
    assert_eq!(reply.body, b"hello hello hello");
    assert_eq!(reply.header("content-encoding"), None);
    assert!(server.requests()[0].contains("accept-encoding: gzip"));
}

#[tokio::test]
async fn stops_at_the_size_cap() {
    let announced = Server::start(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n0123456789x".to_vec());
    let chunked = Server::start(|_| {
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n6789x\r\n0\r\n\r\n"
            .to_vec()
    });
    let target = target(limit(&["127.0.0.1"]));
    for server in [announced, chunked] {
        let request = get(server.url("/"));
        let too_large = target.call(&request, 20 * SECOND, 10).await;
        assert_eq!(too_large, Err(CallError::TooLarge(10)));
        assert_eq!(target.call(&request, 20 * SECOND, 11).await.unwrap().body, b"0123456789x");
    }
}

#[tokio::test]
async fn counts_a_gzip_bomb_as_it_unpacks() {
    let bomb = gzip(&vec![b'a'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let server = Server::start(move |_| ok("content-encoding: gzip\r\n", &bomb));
    let reply = call(&target(limit(&["127.0.0.1"])), &get(server.url("/"))).await;
    assert_eq!(reply, Err(CallError::TooLarge(MIB)));
}

#[tokio::test]
async fn a_head_may_announce_more_than_fits() {
    let server = Server::start(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n".to_vec());
    let mut request = get(server.url("/"));
    request.method = Method::Head;
    let reply = call(&target(limit(&["127.0.0.1"])), &request).await.unwrap();
    assert_eq!(reply.header("content-length"), Some("9999999999"));
}

#[tokio::test]
async fn ends_within_the_timeout_before_the_head_and_within_the_body() {
    let forever = || -> Vec<u8> {
        loop {
            std::thread::park();
        }
    };
    let silent = Server::start(move |_| forever());
    let stalling = Server::start(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel".to_vec());
    let target = target(limit(&["127.0.0.1"]));
    let timeout = Duration::from_millis(50);
    for server in [silent, stalling] {
        let reply = target.call(&get(server.url("/")), timeout, MIB).await;
        assert_eq!(reply, Err(CallError::Timeout(timeout)));
    }
}

#[tokio::test]
async fn says_host_and_cause_when_nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let request = get(format!("http://{address}/path?query"));
    let error = call(&target(limit(&["127.0.0.1"])), &request).await.unwrap_err();
    let CallError::Connection(said) = error else { panic!("{error:?}") };
    assert!(said.starts_with(&format!("{address}: ")), "{said}");
    assert!(said.contains("refused") && !said.contains("path"), "{said}");
}

#[tokio::test]
async fn a_broken_answer_is_a_broken_connection() {
    let nonsense = Server::start(|_| b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec());
    let bad_gzip = Server::start(|_| ok("content-encoding: gzip\r\n", b"not gzip at all"));
    for server in [nonsense, bad_gzip] {
        let error = call(&target(limit(&["127.0.0.1"])), &get(server.url("/"))).await;
        assert!(matches!(error, Err(CallError::Connection(_))), "{error:?}");
    }
}
