//! TLS as this program speaks it.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// How to speak TLS, and why nobody can be trusted if the system has no certificates. That is no fault yet:
/// in a bare container, plain HTTP to a neighbour must still work.
pub(crate) fn tls() -> Result<(ClientConfig, Option<String>), rustls::Error> {
    let builder = || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
    };
    let (verified, trustless) = match builder()?.with_platform_verifier() {
        Ok(verified) => (verified, None),
        Err(error) => {
            let nobody = builder()?.with_root_certificates(RootCertStore::empty());
            (nobody, Some(error.to_string()))
        }
    };
    let mut tls = verified.with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((tls, trustless))
}
