//! The stack's own bucket for answers, if some queue's results go there.

use jobq_core::config::Config;
use jobq_core::place::Place;
use jobq_core::stack::Stack;
use serde_json::{Value, json};

use crate::arn;
use crate::logical_id::RESULTS;
use crate::resource::Resource;
use crate::template::Template;

/// Adds the bucket and its policy where they are needed.
pub(crate) fn add(config: &Config, template: &mut Template) {
    if needed(config) {
        template.add(RESULTS, bucket(&config.stack));
        template.add(format!("Policy{RESULTS}"), policy());
    }
}

/// Whether some queue's results go to the stack's own bucket.
pub(crate) fn needed(config: &Config) -> bool {
    config.queues.values().any(|queue| matches!(queue.results, Some(Place::Path(_))))
}

fn bucket(stack: &Stack) -> Resource {
    let properties = json!({
        "BucketName": arn::sub(&arn::results_bucket(stack)),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
            ],
        },
        "LifecycleConfiguration": { "Rules": rules(stack) },
        "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true,
            "BlockPublicPolicy": true,
            "IgnorePublicAcls": true,
            "RestrictPublicBuckets": true,
        },
    });
    Resource::tagged("AWS::S3::Bucket", stack, properties).retained()
}

fn rules(stack: &Stack) -> Vec<Value> {
    let broken_off = json!({
        "Id": "broken-off-uploads",
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 },
    });
    let old = |days| json!({ "Id": "old-results", "Status": "Enabled", "ExpirationInDays": days });
    [broken_off].into_iter().chain(stack.result_days.map(old)).collect()
}

/// Refuses plain HTTP to everybody.
fn policy() -> Resource {
    let arn = json!({ "Fn::GetAtt": [RESULTS, "Arn"] });
    let refusal = json!({
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, { "Fn::Sub": format!("${{{RESULTS}.Arn}}/*") }],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let properties = json!({
        "Bucket": { "Ref": RESULTS },
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [refusal] },
    });
    Resource::new("AWS::S3::BucketPolicy", properties)
}
