//! What each port asks of AWS. A statement's id is the port's name, and its actions are the port's methods; a batch
//! call needs the permission of the single one.

use std::collections::BTreeSet;

use jobq_core::limit::Limit;
use jobq_core::name::QueueName;
use jobq_core::queue::Queue;
use jobq_core::stack::{SecretStore, Stack};
use jobq_core::task::Priority;
use serde_json::{Value, json};

use crate::arn;
use crate::queues;
use crate::role::Statement;

/// Receives tasks and ends them, sends the copies that are tried again, and counts: one statement for three ports, because
/// each lane is named in it, and IAM bounds how much a role may say.
pub(crate) fn tasks(stack: &Stack, queues: &[&Queue]) -> Statement {
    const ACTIONS: &[&str] = &[
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ];
    Statement::allow("InboxOutboxDepth", ACTIONS, waiting(stack, queues))
}

/// Sends the tasks that answers make, and those that are `pushed` at the ends of batches, to queues that may be another
/// limit's: by any of their lanes.
pub(crate) fn children(stack: &Stack, queues: &[&Queue], pushed: &BTreeSet<&QueueName>) -> Statement {
    let targets = queues.iter().flat_map(|queue| queue.growth.then.iter().map(|then| &then.queue));
    let targets = targets.chain(pushed.iter().copied());
    let named: BTreeSet<String> =
        targets.flat_map(|queue| Priority::ALL.map(|lane| stack.lane(queue, lane))).collect();
    let things = named.iter().map(|name| arn::queue(name)).collect();
    Statement::allow("Children", &["sqs:GetQueueUrl", "sqs:SendMessage"], things)
}

/// Sends letters, and counts them: the dead are put down here and never read or taken back.
pub(crate) fn morgue(stack: &Stack, queues: &[&Queue]) -> Statement {
    const ACTIONS: &[&str] = &["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"];
    let letters = queues.iter().map(|queue| arn::queue(&stack.dead_letter_queue(&queue.name)));
    Statement::allow("Morgue", ACTIONS, letters.collect())
}

/// Counts the tasks and dead letters of all queues of the stack: it may count what is called like them too, because a role
/// can't name so many.
pub(crate) fn depth(stack: &Stack) -> Statement {
    const ACTIONS: &[&str] = &["sqs:GetQueueAttributes", "sqs:GetQueueUrl"];
    Statement::allow("Depth", ACTIONS, vec![arn::queue(&format!("{}-*", stack.name))])
}

/// Keeps the calendar of a limit, counts what has ended of batches (a transaction needs what its writes need), and asks
/// which copy of a dead letter counts; where tasks are `pushed` at the ends of batches, it makes their batches. No other
/// limit's document can be reached.
pub(crate) fn ledger(stack: &Stack, limit: &Limit, pushed: &BTreeSet<&QueueName>) -> Statement {
    const ACTIONS: &[&str] = &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
    let mut keys = vec![format!("limit#{}", limit.name)];
    keys.extend(["batch#*", "page#*", "letter#*"].map(str::to_owned));
    if !pushed.is_empty() {
        keys.push("latest#batches".to_owned());
    }
    Statement::allow("Ledger", ACTIONS, vec![arn::ledger(stack)]).under(leading(&json!(keys)))
}

/// Wakes the autoscaler where tasks are `pushed` at the ends of batches, so that they don't wait for its next look.
pub(crate) fn waking(stack: &Stack, pushed: &BTreeSet<&QueueName>) -> Statement {
    let woken = if pushed.is_empty() { Vec::new() } else { vec![arn::function(&stack.autoscaler())] };
    Statement::allow("Waking", &["lambda:InvokeFunction"], woken)
}

/// Tells that batches have ended, in its own name alone.
pub(crate) fn completions() -> Statement {
    let condition = json!({ "StringEquals": { "events:source": "jobq" } });
    Statement::allow("Completions", &["events:PutEvents"], vec![arn::default_bus()]).under(condition)
}

/// Reads who is at work from the documents of all limits, and writes down what it decided.
pub(crate) fn limits(stack: &Stack) -> Statement {
    let ledger =
        Statement::allow("Ledger", &["dynamodb:GetItem", "dynamodb:PutItem"], vec![arn::ledger(stack)]);
    ledger.under(leading(&json!(["limit#*"])))
}

/// Writes answers where the queues want theirs.
pub(crate) fn result_sink(stack: &Stack, queues: &[&Queue]) -> Statement {
    let places = queues.iter().filter_map(|queue| queue.results.as_ref());
    let mut things: Vec<Value> = places.map(|place| arn::objects(stack, place)).collect();
    things.sort_by_key(Value::to_string);
    things.dedup();
    Statement::allow("ResultSink", &["s3:PutObject"], things)
}

/// Reads the values of the limit's own secrets, and of those that go with traces.
pub(crate) fn secrets(stack: &Stack, limit: &Limit) -> Statement {
    let actions: &[&str] = match stack.secrets {
        SecretStore::ParameterStore => &["ssm:GetParameter"],
        SecretStore::SecretsManager => &["secretsmanager:GetSecretValue"],
    };
    Statement::allow("Secrets", actions, values(stack, limit))
}

/// Decrypts those values, whichever of the account's keys they are encrypted with, by the hand of the store alone.
pub(crate) fn secrets_decrypted(stack: &Stack, limit: &Limit) -> Statement {
    let (service, context) = match stack.secrets {
        SecretStore::ParameterStore => ("ssm", "kms:EncryptionContext:PARAMETER_ARN"),
        SecretStore::SecretsManager => ("secretsmanager", "kms:EncryptionContext:SecretARN"),
    };
    let values = values(stack, limit);
    let keys = if values.is_empty() { Vec::new() } else { vec![arn::keys()] };
    let service = arn::sub(&format!("{service}.${{AWS::Region}}.${{AWS::URLSuffix}}"));
    let condition =
        json!({ "StringEquals": { "kms:ViaService": service }, "StringLike": { context: values } });
    Statement::allow("SecretsDecrypted", &["kms:Decrypt"], keys).under(condition)
}

/// Reads and sets how many drainers there may be, and starts more.
pub(crate) fn fleet(stack: &Stack, limits: &[&Limit]) -> Statement {
    const ACTIONS: &[&str] =
        &["lambda:GetFunctionConcurrency", "lambda:InvokeFunction", "lambda:PutFunctionConcurrency"];
    Statement::allow("Fleet", ACTIONS, limits.iter().map(|limit| arn::drainer(stack, limit)).collect())
}

/// A cap that is taken away lets all of the account's concurrency drain one limit.
pub(crate) fn never_without_cap() -> Statement {
    Statement::deny("NeverWithoutCap", &["lambda:DeleteFunctionConcurrency"], vec![arn::function("*")])
}

/// Reads how queues were used. CloudWatch knows no smaller thing to allow than all metrics.
pub(crate) fn history() -> Statement {
    Statement::allow("History", &["cloudwatch:GetMetricData"], vec![json!("*")])
}

/// Writes log lines, and metrics in them.
pub(crate) fn metrics(function: &str) -> Statement {
    const ACTIONS: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];
    Statement::allow("Metrics", ACTIONS, vec![arn::log_streams(function)])
}

fn waiting(stack: &Stack, queues: &[&Queue]) -> Vec<Value> {
    let sources = queues.iter().flat_map(|queue| queues::sources(stack, queue));
    sources.map(|source| arn::queue(&source.name)).collect()
}

fn values(stack: &Stack, limit: &Limit) -> Vec<Value> {
    let of_traces = stack.traces.iter().flat_map(|traces| &traces.secrets);
    let of_traces = of_traces.filter(|name| !limit.secrets.contains(name));
    limit.secrets.iter().chain(of_traces).map(|name| arn::secret(stack, name)).collect()
}

fn leading(keys: &Value) -> Value {
    json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } })
}
