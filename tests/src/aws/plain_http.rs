//! HTTP without TLS, which is all the stand-ins speak.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore, crypto};

use super::REGION;

/// A client that goes through no proxy of the environment's.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(no_tls()).build().unwrap()
}

/// The same for tests without a runtime.
pub fn blocking() -> reqwest::blocking::Client {
    let builder = reqwest::blocking::Client::builder().no_proxy().tls_backend_preconfigured(no_tls());
    builder.timeout(Duration::from_secs(60)).build().unwrap()
}

/// A signature for `service`, for requests without an SDK: the stand-ins look at the service in it, and at nothing else.
pub fn signature(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn no_tls() -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}
