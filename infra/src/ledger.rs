//! The table of limits' documents and batches' counts.

use jobq_core::stack::Stack;
use serde_json::json;

use crate::logical_id;
use crate::resource::Resource;
use crate::template::Template;

/// The attribute that tells items apart: `limit#NAME`, `batch#ID`, `letter#ID`, `single#QUEUE#LIKENESS` and
/// `latest#batches`.
const KEY: &str = "id";

/// The attribute that says when an item may go.
const EXPIRES: &str = "expires";

/// Adds the ledger. It is encrypted with DynamoDB's own key, as every table is: a KMS key would add a price a
/// request, and one more thing that every lease waits for.
pub(crate) fn add(stack: &Stack, template: &mut Template) {
    let properties = json!({
        "TableName": stack.ledger(),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": KEY, "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": KEY, "KeyType": "HASH" }],
        "TimeToLiveSpecification": { "AttributeName": EXPIRES, "Enabled": true },
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
    });
    template.add(logical_id::LEDGER, Resource::tagged("AWS::DynamoDB::Table", stack, properties).retained());
}
