//! The HTTP client alone, the one that jobq uses, at an even pace.

use std::time::Duration;

use anyhow::{Result, anyhow};
use reqwest::Client;
use tokio::task::JoinSet;

/// Makes so many calls, `rate` a second; each goes to `url` with its number added.
pub(super) async fn make(url: &str, rate: u32, calls: usize) -> Result<()> {
    let provider = rustls::crypto::ring::default_provider();
    provider.install_default().map_err(|_| anyhow!("two TLS providers"))?;
    let client = Client::builder().no_proxy().build()?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut under_way = JoinSet::new();
    for number in 1..=calls {
        ticks.tick().await;
        under_way.spawn(call(client.clone(), format!("{url}{number}")));
        while let Some(ended) = under_way.try_join_next() {
            ended??;
        }
    }
    while let Some(ended) = under_way.join_next().await {
        ended??;
    }
    Ok(())
}

/// A refused call is an answer like any other: the server's log counts it.
async fn call(client: Client, url: String) -> Result<()> {
    client.get(url).send().await?.bytes().await?;
    Ok(())
}
