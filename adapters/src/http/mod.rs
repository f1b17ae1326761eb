//! Makes calls over HTTP/1.1 and HTTP/2, each to where its limit allows and with the secrets it may have.
//!
//! A call goes through the files in this order: `keyring` reads the limit's secrets into a `vault`;
//! `outgoing` checks where the task wants to go and puts secrets into a copy of its request; `client` sends
//! it, connecting only to addresses that `names` lets through; `incoming` reads the answer, no more of it than
//! allowed; `failure` says what went wrong; and the `vault` takes its values out of whatever came back.

use std::sync::Arc;
use std::time::Duration;

use jobq_core::fault::Fault;
use jobq_core::limit::Limit;
use jobq_core::ports::secrets::Secrets;
use jobq_core::ports::target::Target;
use jobq_core::reply::{CallError, Reply};
use jobq_core::task::Request;
use reqwest::dns::Resolve;

use self::client::Client;
use self::keyring::Keyring;
use self::names::SystemNames;
use self::outgoing::Rules;
use self::vault::Vault;

mod client;
mod failure;
mod incoming;
pub(crate) mod keyring;
mod names;
mod outgoing;
pub(crate) mod tls;
pub(crate) mod vault;

/// The APIs of one limit.
pub struct HttpTarget<S> {
    rules: Rules,
    keyring: Keyring<S>,
    client: Client,
}

impl<S: Secrets> HttpTarget<S> {
    /// A target for the tasks of `limit`, resolving host names as the system does.
    pub fn new(limit: Limit, secrets: S) -> Result<Self, Fault> {
        Self::with_names(limit, secrets, Arc::new(SystemNames))
    }

    /// The same, resolving host names by `names`. What it finds is checked like anything else.
    pub fn with_names(limit: Limit, secrets: S, names: Arc<dyn Resolve>) -> Result<Self, Fault> {
        let names = if limit.allow_private { names } else { names::only_public(names) };
        Ok(Self {
            client: Client::new(names)?,
            keyring: Keyring::new(secrets, limit.secrets.clone()),
            rules: Rules::new(limit)?,
        })
    }

    async fn exchange(
        &self,
        request: &Request,
        vault: &Vault,
        max_response: u64,
    ) -> Result<Reply, CallError> {
        let outgoing = self.rules.outgoing(request, vault)?;
        let host = outgoing.url().authority().to_owned();
        let response = self.client.send(outgoing, &host).await?;
        incoming::read(response, max_response, &host).await
    }
}

impl<S: Secrets> Target for HttpTarget<S> {
    async fn call(
        &self,
        request: &Request,
        timeout: Duration,
        max_response: u64,
    ) -> Result<Reply, CallError> {
        let call = async {
            let vault = self.keyring.open().await;
            match self.exchange(request, &vault, max_response).await {
                Ok(reply) => Ok(vault.hide_in_reply(reply)),
                Err(error) => Err(vault.hide_in_error(error)),
            }
        };
        tokio::time::timeout(timeout, call).await.unwrap_or(Err(CallError::Timeout(timeout)))
    }
}
