//! P5: a task calls only where it may.

use jobq_core::reply::CallError;

use crate::server::Server;
use crate::setup::{call, get, limit, target, target_with_names, with_header};

/// The call is refused for good, with all of `said` in the reason.
async fn refused(target: &impl jobq_core::ports::target::Target, url: &str, said: &[&str]) {
    let answer = call(target, &get(url)).await;
    let Err(CallError::Forbidden(reason)) = answer else { panic!("{url}: {answer:?}") };
    assert!(said.iter().all(|part| reason.contains(part)), "{url}: {reason}");
}

#[tokio::test]
async fn p5_a_host_the_limit_does_not_cover_is_not_called() {
    let server = Server::saying("hello");
    let target = target(limit(&["api.example.com", "localhost:1"]));
    let port = server.address.port();
    refused(&target, &server.url("/"), &["hermes", "127.0.0.1"]).await;
    refused(&target, &format!("http://localhost:{port}/"), &["doesn't cover"]).await;
    refused(&target, "http://api.example.com.evil.example/", &["doesn't cover"]).await;
    refused(&target, "http://api.example.com@127.0.0.1/", &["user or password"]).await;
    refused(&target, "http://user:pass@api.example.com/", &["user or password"]).await;
    refused(&target, "file:///etc/passwd", &["http and https"]).await;
    refused(&target, "gopher://api.example.com/", &["http and https"]).await;
    refused(&target, "/relative", &["can't be read"]).await;
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn p5_a_private_address_in_the_url_is_refused_however_it_is_spelled() {
    let server = Server::saying("hello");
    let mut limit = limit(&["127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:7f00:1]", "0.0.0.0"]);
    limit.allow_private = false;
    let target = target(limit);
    let port = server.address.port();
    let loopback = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
    ];
    for host in loopback {
        refused(&target, &format!("http://{host}:{port}/"), &["loopback", "allow_private"]).await;
    }
    refused(&target, "http://169.254.169.254/latest/meta-data/", &["metadata"]).await;
    refused(&target, "http://0/", &["this host"]).await;
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn p5_a_name_with_a_private_address_is_refused_when_it_is_resolved() {
    let server = Server::saying("hello");
    let mut limit = limit(&["*.example.com"]);
    limit.allow_private = false;
    let target = target_with_names(
        limit,
        &[
            ("four.example.com", &["127.0.0.1"]),
            ("mapped.example.com", &["::ffff:127.0.0.1"]),
            ("six.example.com", &["::1"]),
            ("metadata.example.com", &["169.254.169.254"]),
            ("all.example.com", &["10.0.0.1", "127.0.0.1", "fd00:ec2::254"]),
        ],
    );
    let port = server.address.port();
    for (name, kind) in [
        ("four", "loopback"),
        ("mapped", "loopback"),
        ("six", "loopback"),
        ("metadata", "metadata"),
        ("all", "private"),
    ] {
        let host = format!("{name}.example.com");
        refused(&target, &format!("http://{host}:{port}/"), &[&host, kind]).await;
    }
    assert_eq!(server.connections(), 0);
    let unknown = call(&target, &get("http://unknown.example.com/")).await;
    assert!(matches!(unknown, Err(CallError::Connection(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_limit_may_allow_private_addresses() {
    let server = Server::saying("hello");
    let target = target_with_names(limit(&["*.example.com"]), &[("api.example.com", &["127.0.0.1"])]);
    let url = format!("http://api.example.com:{}/", server.address.port());
    assert_eq!(call(&target, &get(url)).await.unwrap().body, b"hello");
}

#[tokio::test]
async fn p5_a_task_cannot_name_another_host_in_its_headers() {
    let server = Server::saying("hello");
    let target = target(limit(&["127.0.0.1"]));
    for (name, value) in [
        ("host", "internal.example"),
        ("transfer-encoding", "chunked"),
        ("content-length", "3"),
        ("connection", "upgrade"),
        ("bad name", "x"),
        ("x-split", "a\r\nx-injected: b"),
    ] {
        let answer = call(&target, &with_header(get(server.url("/")), name, value)).await;
        assert!(matches!(answer, Err(CallError::Forbidden(_))), "{name}: {answer:?}");
    }
    assert_eq!(server.connections(), 0);
}
