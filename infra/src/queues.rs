//! Where tasks wait, and where they lie when they are dead.

use jobq_core::queue::Queue;
use jobq_core::stack::{LETTER_RETENTION, MAX_RECEIVES, Stack, TASK_RETENTION};
use jobq_core::task::Priority;
use serde_json::{Value, json};

use crate::arn;
use crate::logical_id;
use crate::resource::Resource;
use crate::template::Template;

/// How long a receive waits for a task unless it says otherwise: the longest there is, because empty receives cost
/// as much as others, and only a long one asks all of SQS's hosts.
const RECEIVE_WAIT_SECS: u32 = 20;

/// An SQS queue that tasks of a queue wait in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// What the template calls it.
    pub(crate) id: String,
    /// What SQS calls it.
    pub(crate) name: String,
}

/// The SQS queues of a queue: its lanes, the most urgent first. All of them are always there: one that nobody uses costs
/// nothing but its count each minute. They share their dead letters, which take up to ten of them.
pub(crate) fn sources(stack: &Stack, queue: &Queue) -> Vec<Source> {
    let source =
        |lane| Source { id: logical_id::lane(&queue.name, lane), name: stack.lane(&queue.name, lane) };
    Priority::ALL.map(source).into()
}

/// Adds a queue and its dead letters.
pub(crate) fn add(stack: &Stack, queue: &Queue, template: &mut Template) {
    let letters = logical_id::letters(&queue.name);
    let sources = sources(stack, queue);
    for source in &sources {
        template.add(&source.id, waiting(stack, queue, source, &letters));
        template.add(format!("Policy{}", source.id), policy(&source.id));
    }
    template.add(&letters, dead(stack, queue, &sources));
    template.add(format!("Policy{letters}"), policy(&letters));
}

fn waiting(stack: &Stack, queue: &Queue, source: &Source, letters: &str) -> Resource {
    let properties = json!({
        "QueueName": source.name,
        "VisibilityTimeout": queue.visibility.as_millis().div_ceil(1000),
        "MessageRetentionPeriod": TASK_RETENTION.as_secs(),
        "ReceiveMessageWaitTimeSeconds": RECEIVE_WAIT_SECS,
        "SqsManagedSseEnabled": true,
        "RedrivePolicy": {
            "deadLetterTargetArn": arn::queue(&stack.dead_letter_queue(&queue.name)),
            "maxReceiveCount": MAX_RECEIVES,
        },
    });
    Resource::tagged("AWS::SQS::Queue", stack, properties).retained().after(vec![letters.to_owned()])
}

fn dead(stack: &Stack, queue: &Queue, sources: &[Source]) -> Resource {
    let sources: Vec<Value> = sources.iter().map(|source| arn::queue(&source.name)).collect();
    let properties = json!({
        "QueueName": stack.dead_letter_queue(&queue.name),
        "MessageRetentionPeriod": LETTER_RETENTION.as_secs(),
        "ReceiveMessageWaitTimeSeconds": RECEIVE_WAIT_SECS,
        "SqsManagedSseEnabled": true,
        "RedriveAllowPolicy": { "redrivePermission": "byQueue", "sourceQueueArns": sources },
    });
    Resource::tagged("AWS::SQS::Queue", stack, properties).retained()
}

/// Refuses plain HTTP to everybody. SQS takes one queue a policy.
fn policy(queue: &str) -> Resource {
    let refusal = json!({
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": { "Fn::GetAtt": [queue, "Arn"] },
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let properties = json!({
        "Queues": [{ "Ref": queue }],
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [refusal] },
    });
    Resource::new("AWS::SQS::QueuePolicy", properties)
}
