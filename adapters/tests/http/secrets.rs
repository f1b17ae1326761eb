//! P6: secrets go out with a call and never come back.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jobq_adapters::http::HttpTarget;
use jobq_adapters::secrets::EnvOrFileSecrets;
use jobq_core::limit::Limit;
use jobq_core::ports::clock::Clock;
use jobq_core::reply::CallError;
use jobq_core::task::Method;
use jobq_core::time::Timestamp;
use tempfile::TempDir;

use crate::server::{Server, ok};
use crate::setup::{call, get, limit, target_with_secrets, with_header};

const TOKEN: &str = "s3cr3t \"quoted\"/+&value";
const TOKEN_IN_URL: &str = "s3cr3t%20%22quoted%22%2F%2B%26value";

/// Sends back all it is sent, in the body and in a header.
fn echo() -> Server {
    Server::start(|request| {
        let line = request.lines().next().unwrap_or_default();
        ok(&format!("x-line: {line}\r\n"), request.as_bytes())
    })
}

/// A target whose limit lists `token`, `other` (a part of it) and `gone`, which is nowhere.
fn secretive(limit: Limit) -> (TempDir, HttpTarget<EnvOrFileSecrets>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), TOKEN).unwrap();
    fs::write(folder.path().join("other"), "s3cr3t").unwrap();
    fs::write(folder.path().join("unlisted"), "x").unwrap();
    fs::write(folder.path().join("broken"), "a\nb").unwrap();
    let mut limit = limit;
    limit.secrets = ["other", "token", "gone", "broken"].map(|name| name.parse().unwrap()).to_vec();
    let target = target_with_secrets(limit, folder.path());
    (folder, target)
}

#[tokio::test]
async fn p6_values_go_out_and_names_come_back() {
    let server = echo();
    let mut limit = limit(&["127.0.0.1"]);
    limit.headers = vec![("authorization".into(), "Bearer ${secret:token}".into())];
    let (_folder, target) = secretive(limit);
    let mut request = with_header(get(server.url("/?key=${secret:token}&o=1")), "x-own", "${secret:other}!");
    request.method = Method::Post;
    request.body = Some(r"${secret:token} and ${secret:other} and $ { } ${other}".into());

    let reply = call(&target, &request).await.unwrap();

    let [sent] = server.requests().try_into().unwrap();
    assert!(sent.starts_with(&format!("POST /?key={TOKEN_IN_URL}&o=1 HTTP")), "{sent}");
    assert!(sent.contains(&format!("\r\nauthorization: Bearer {TOKEN}\r\n")), "{sent}");
    assert!(sent.contains("\r\nx-own: s3cr3t!\r\n"), "{sent}");
    assert!(sent.ends_with(&format!("\r\n\r\n{TOKEN} and s3cr3t and $ {{ }} ${{other}}")), "{sent}");

    let body = String::from_utf8(reply.body.clone()).unwrap();
    assert_eq!(reply.header("x-line"), Some("POST /?key=${secret:token}&o=1 HTTP/1.1"));
    assert!(body.contains("authorization: Bearer ${secret:token}\r\n"), "{body}");
    assert!(body.contains("x-own: ${secret:other}!\r\n"), "{body}");
    assert!(body.ends_with("${secret:token} and ${secret:other} and $ { } ${other}"), "{body}");
    assert!(!format!("{reply:?}").contains("s3cr3t"), "{reply:?}");
}

#[tokio::test]
async fn p6_a_value_kept_by_the_api_is_hidden_from_later_calls_also_within_json() {
    let json = serde_json::json!({ "token": TOKEN }).to_string();
    let server = Server::start(move |_| ok("", json.as_bytes()));
    let (_folder, target) = secretive(limit(&["127.0.0.1"]));
    let reply = call(&target, &get(server.url("/"))).await.unwrap();
    assert_eq!(reply.body, br#"{"token":"${secret:token}"}"#);
}

#[tokio::test]
async fn p6_only_listed_secrets_are_put_in() {
    let server = echo();
    let (_folder, target) = secretive(limit(&["127.0.0.1"]));
    for text in ["${secret:unlisted}", "${secret:a b}", "${secret:token", "${secret:broken}"] {
        let answer = call(&target, &with_header(get(server.url("/")), "x-key", text)).await;
        assert!(matches!(answer, Err(CallError::Forbidden(_))), "{text}: {answer:?}");
    }
    let answer = call(&target, &get(server.url("/${secret:gone}"))).await;
    let Err(CallError::Secret(said)) = &answer else { panic!("{answer:?}") };
    assert!(said.contains("JOBQ_SECRET_GONE"), "{said}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn p6_errors_hold_no_value() {
    let (_folder, target) = secretive(limit(&["*.invalid"]));
    for url in [
        "http://${secret:other}.example/",
        "http://${secret:other}.invalid/",
        "http://x.invalid:${secret:other}/",
        "${secret:other}://x.invalid/",
    ] {
        let error = call(&target, &get(url)).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("s3cr3t"), "{url}: {error}");
    }
}

/// For which a minute passes with every look at it, so that nothing read before is fresh.
#[derive(Default)]
struct HurryingClock(AtomicU64);

impl Clock for HurryingClock {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(60 * self.0.fetch_add(1, Ordering::Relaxed))
    }

    async fn sleep(&self, _: Duration) {}
}

#[tokio::test]
async fn p6_a_new_value_is_used_and_hidden_once_it_is_read() {
    let server = echo();
    let folder = tempfile::tempdir().unwrap();
    let mut limit = limit(&["127.0.0.1"]);
    limit.secrets = vec!["token".parse().unwrap()];
    let secrets = EnvOrFileSecrets::with_clock(folder.path(), HurryingClock::default());
    let target = HttpTarget::new(limit, secrets).unwrap();
    let request = with_header(get(server.url("/")), "x-key", "${secret:token}");
    for value in ["first-value", "second-value"] {
        fs::write(folder.path().join("token"), value).unwrap();
        let reply = call(&target, &request).await.unwrap();
        assert!(server.requests().last().unwrap().contains(value));
        assert!(!String::from_utf8(reply.body).unwrap().contains(value));
    }
}
