//! Headers that go out with every batch of spans, with their secrets' values put in.

use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::SecretName;
use jobq_core::ports::secrets::Secrets;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::http::keyring::Keyring;
use crate::http::vault::Place;

/// Headers that go out with every batch of spans. No value is shown by `Debug`.
#[derive(Debug, Clone, Default)]
pub struct Headers(HeaderMap);

impl Headers {
    /// Puts the values of the secrets `names` into the headers that name them. A fault tells of no value.
    pub async fn filled(
        headers: &[(String, String)],
        names: &[SecretName],
        secrets: impl Secrets,
    ) -> Result<Self, Fault> {
        let vault = Keyring::new(secrets, names.to_vec()).open().await;
        let mut filled = HeaderMap::with_capacity(headers.len());
        for (name, value) in headers {
            let fault = || Fault::new(FaultKind::Lasting, format!("set the header {name} of traces"));
            let value = vault.fill(value, Place::Elsewhere).map_err(|error| fault().caused_by(error))?;
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|error| fault().caused_by(error))?;
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| fault().caused_by("a secret's value doesn't fit in"))?;
            value.set_sensitive(true);
            filled.append(key, value);
        }
        Ok(Self(filled))
    }

    /// As the client takes them.
    pub(super) fn into_inner(self) -> HeaderMap {
        self.0
    }
}
