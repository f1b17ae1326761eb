//! Secrets in both stores: found, remembered for a while, asked for once at a time, and never told.

use std::time::Duration;

use jobq_adapters::aws::secrets::AwsSecrets;
use jobq_core::fault::{Fault, FaultKind};
use jobq_core::name::SecretName;
use jobq_core::ports::secrets::Secrets;
use jobq_core::stack::{SecretStore, Stack};
use jobq_core::time::Timestamp;
use jobq_tests::aws::proxy::{Proxy, Trouble};
use jobq_tests::aws::{ministack, moto};
use jobq_tests::hand_clock::HandClock;
use serde_json::json;

use crate::{parts, rest};

const FRESH: Duration = Duration::from_secs(300);

/// A stack's store in a stand-in, and those who read from it.
struct World {
    url: String,
    stack: Stack,
    clock: HandClock,
}

impl World {
    fn new(url: String, store: SecretStore) -> Self {
        let stack = Stack { secrets: store, ..parts::new_stack() };
        Self { url, stack, clock: HandClock::new(Timestamp::from_secs(1_700_000_000)) }
    }

    async fn reader(&self) -> AwsSecrets<HandClock> {
        self.reader_of(&self.url).await
    }

    async fn reader_of(&self, url: &str) -> AwsSecrets<HandClock> {
        AwsSecrets::open(&parts::sdk(url).await, self.stack.clone(), self.clock.clone())
    }

    async fn put(&self, value: &str) {
        let name = self.stack.secret(&token());
        match self.stack.secrets {
            SecretStore::ParameterStore => {
                let parameter =
                    json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
                rest::call(&self.url, "AmazonSSM.PutParameter", &parameter).await
            }
            SecretStore::SecretsManager => {
                let secret = json!({ "Name": name, "SecretString": value });
                rest::call(&self.url, "secretsmanager.CreateSecret", &secret).await
            }
        };
    }

    async fn rotate(&self, value: &str) {
        match self.stack.secrets {
            SecretStore::ParameterStore => self.put(value).await,
            SecretStore::SecretsManager => {
                let secret = json!({ "SecretId": self.stack.secret(&token()), "SecretString": value });
                rest::call(&self.url, "secretsmanager.PutSecretValue", &secret).await;
            }
        }
    }
}

fn token() -> SecretName {
    "hermes-token".parse().unwrap()
}

async fn read(secrets: &AwsSecrets<HandClock>) -> Result<String, Fault> {
    secrets.resolve(&token()).await.map(|secret| secret.reveal().to_owned())
}

fn worlds() -> Vec<World> {
    let stores = [SecretStore::ParameterStore, SecretStore::SecretsManager];
    let urls = [ministack().url(), moto().url()];
    stores.into_iter().flat_map(|store| urls.clone().map(|url| World::new(url, store))).collect()
}

#[tokio::test]
async fn a_value_is_used_for_five_minutes_and_then_read_again() {
    for world in worlds() {
        world.put("one\n").await;
        let secrets = world.reader().await;
        assert_eq!(read(&secrets).await.unwrap(), "one");
        world.rotate("two").await;
        world.clock.advance(FRESH - Duration::from_nanos(1));
        assert_eq!(read(&secrets).await.unwrap(), "one");
        world.clock.advance(Duration::from_nanos(1));
        assert_eq!(read(&secrets).await.unwrap(), "two");
    }
}

#[tokio::test]
async fn a_missing_one_says_what_to_type_and_is_looked_for_again() {
    for world in worlds() {
        let secrets = world.reader().await;
        let fault = read(&secrets).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Lasting);
        let said = fault.chain();
        let command = match world.stack.secrets {
            SecretStore::ParameterStore => "aws ssm put-parameter --type SecureString",
            SecretStore::SecretsManager => "aws secretsmanager create-secret",
        };
        let parts = ["'hermes-token'", &world.stack.secret(&token()), "us-east-1", command];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        world.put("found").await;
        assert_eq!(read(&secrets).await.unwrap(), "found");
    }
}

/// Whoever comes while somebody is asking waits for that answer.
#[tokio::test]
async fn many_at_once_ask_once() {
    for store in [SecretStore::ParameterStore, SecretStore::SecretsManager] {
        let world = World::new(ministack().url(), store);
        world.put("one").await;
        let proxy = Proxy::start();
        proxy.lead_to(&world.url);
        let secrets = world.reader_of(proxy.url()).await;
        let reads = futures::future::join_all((0..100).map(|_| read(&secrets))).await;
        assert!(reads.into_iter().all(|value| value.unwrap() == "one"));
        assert_eq!(proxy.counts().values().map(|count| count.requests).sum::<u64>(), 1);
    }
}

#[tokio::test]
async fn a_known_value_outlives_a_store_that_is_away() {
    let world = World::new(ministack().url(), SecretStore::ParameterStore);
    world.put("one").await;
    let proxy = Proxy::start();
    proxy.lead_to(&world.url);
    let secrets = world.reader_of(proxy.url()).await;
    proxy.trouble("ssm", Trouble::Unreachable);
    assert_eq!(read(&secrets).await.unwrap_err().kind(), FaultKind::Passing);
    proxy.mend("ssm");
    assert_eq!(read(&secrets).await.unwrap(), "one");

    world.rotate("two").await;
    world.clock.advance(FRESH);
    proxy.trouble("ssm", Trouble::ServerError);
    assert_eq!(read(&secrets).await.unwrap(), "one");
    proxy.mend("ssm");
    assert_eq!(read(&secrets).await.unwrap(), "one", "a store that is away isn't asked with every call");
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(read(&secrets).await.unwrap(), "two");
}

/// A secret that was taken away isn't used any longer.
#[tokio::test]
async fn a_removed_value_is_gone_when_it_is_asked_for_again() {
    let world = World::new(ministack().url(), SecretStore::ParameterStore);
    world.put("one").await;
    let secrets = world.reader().await;
    assert_eq!(read(&secrets).await.unwrap(), "one");
    let name = json!({ "Name": world.stack.secret(&token()) });
    rest::call(&world.url, "AmazonSSM.DeleteParameter", &name).await;
    world.clock.advance(FRESH);
    for _ in 0..2 {
        assert_eq!(read(&secrets).await.unwrap_err().kind(), FaultKind::Lasting);
    }
}
