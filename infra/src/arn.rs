//! ARNs. Parts have names of their own, so an ARN can be written without the resource, and nothing waits for another.

use jobq_core::limit::Limit;
use jobq_core::name::SecretName;
use jobq_core::place::Place;
use jobq_core::stack::{SecretStore, Stack};
use serde_json::{Value, json};

const ACCOUNT: &str = "${AWS::AccountId}";
const REGION: &str = "${AWS::Region}";

/// An SQS queue by its name.
pub(crate) fn queue(name: &str) -> Value {
    here("sqs", name)
}

/// A function by its name.
pub(crate) fn function(name: &str) -> Value {
    here("lambda", &format!("function:{name}"))
}

/// The drainer of a limit.
pub(crate) fn drainer(stack: &Stack, limit: &Limit) -> Value {
    function(&stack.drainer(&limit.name))
}

/// The table of the ledger.
pub(crate) fn ledger(stack: &Stack) -> Value {
    here("dynamodb", &format!("table/{}", stack.ledger()))
}

/// The bus of EventBridge that every account has.
pub(crate) fn default_bus() -> Value {
    here("events", "event-bus/default")
}

/// The streams of a function's log group.
pub(crate) fn log_streams(function: &str) -> Value {
    here("logs", &format!("log-group:{}:log-stream:*", log_group(function)))
}

/// What a function's log group is called: the name Lambda would give it.
pub(crate) fn log_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

/// A secret where its value is kept. Secrets Manager ends its ARNs with six characters of its own.
pub(crate) fn secret(stack: &Stack, name: &SecretName) -> Value {
    let called = stack.secret(name);
    match stack.secrets {
        SecretStore::ParameterStore => here("ssm", &format!("parameter{called}")),
        SecretStore::SecretsManager => here("secretsmanager", &format!("secret:{called}-??????")),
    }
}

/// Every KMS key of the account, for permissions that hold for one service and one thing encrypted.
pub(crate) fn keys() -> Value {
    here("kms", "key/*")
}

/// All objects of a place for results.
pub(crate) fn objects(stack: &Stack, place: &Place) -> Value {
    let bucket = match place {
        Place::Path(_) => results_bucket(stack),
        Place::Bucket { bucket, .. } => bucket.clone(),
    };
    let prefix = place.prefix();
    let slash = if prefix.is_empty() { "" } else { "/" };
    sub(&format!("arn:${{AWS::Partition}}:s3:::{bucket}/{prefix}{slash}*"))
}

/// What the stack's own bucket for results is called.
pub(crate) fn results_bucket(stack: &Stack) -> String {
    stack.results_bucket(ACCOUNT, REGION)
}

/// Text with CloudFormation's own parameters in it.
pub(crate) fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

/// An ARN of this account in this region.
fn here(service: &str, name: &str) -> Value {
    sub(&format!("arn:${{AWS::Partition}}:{service}:{REGION}:{ACCOUNT}:{name}"))
}
