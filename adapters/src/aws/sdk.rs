//! The AWS SDK, set up once for every client.
//!
//! Its own retries are off: the flows have one retry loop each, and two would multiply. `AWS_ENDPOINT_URL` and the
//! other settings of the environment and the profile are honoured as every AWS tool does.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use jobq_core::fault::{Fault, FaultKind};

/// How long a connection may take. Endpoints are near, and a lost packet is found out soon this way.
const CONNECT: Duration = Duration::from_secs(2);

/// How long an ordinary operation may take in all; SQS and S3 answer in tens of milliseconds.
const OPERATION: Duration = Duration::from_secs(10);

/// How long the ledger may take: a lease that comes later than this is of no use any more.
const LEDGER: Duration = Duration::from_secs(2);

/// How long a long poll may take: the longest wait SQS knows, 20 s, and its answer.
const POLL: Duration = Duration::from_secs(25);

/// The SDK's settings for one region.
#[derive(Debug, Clone)]
pub struct Sdk {
    config: SdkConfig,
    region: String,
}

impl Sdk {
    /// Reads the settings of the environment and the profile; `region` goes before theirs.
    pub async fn load(region: Option<&str>) -> Result<Self, Fault> {
        let loader = loader();
        Self::loaded(match region {
            Some(region) => loader.region(Region::new(region.to_owned())),
            None => loader,
        })
        .await
    }

    /// The settings for a server that stands in for AWS, with a key that is its own secret. Nothing that the
    /// environment or the profile says leads elsewhere.
    pub async fn load_at(endpoint: &str, region: &str, key: &str) -> Result<Self, Fault> {
        let loader = loader().endpoint_url(endpoint).region(Region::new(region.to_owned()));
        Self::loaded(loader.credentials_provider(Credentials::new(key, key, None, None, "given"))).await
    }

    async fn loaded(loader: ConfigLoader) -> Result<Self, Fault> {
        let config = loader.load().await;
        let region = config.region().map(ToString::to_string).ok_or_else(|| {
            Fault::new(FaultKind::Lasting, "find out the AWS region: set AWS_REGION, or region under [aws]")
        })?;
        Ok(Self { config, region })
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// For ordinary operations.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// For the ledger, on connections of its own.
    pub(super) fn ledger(&self) -> SdkConfig {
        self.apart(LEDGER)
    }

    /// For long polls, on connections of their own: they hold theirs for seconds, and a settlement that had to wait
    /// for one would come too late.
    pub(super) fn polls(&self) -> SdkConfig {
        self.apart(POLL)
    }

    fn apart(&self, operation: Duration) -> SdkConfig {
        let builder = self.config.to_builder();
        builder.http_client(http()).timeout_config(timeouts(operation)).build()
    }
}

fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(OPERATION))
}

fn http() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn timeouts(operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(operation).build()
}
