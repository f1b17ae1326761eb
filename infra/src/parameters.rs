//! What a template is told when it is deployed: where the programs lie. New code is a new key and no new template.

use serde_json::{Value, json};

/// The bucket that holds the programs.
pub const ARTIFACTS_BUCKET: &str = "ArtifactsBucket";

/// The key of the drainers' zip in it: `bootstrap`, with jobq.toml beside it.
pub const DRAINER_CODE: &str = "DrainerCode";

/// The key of the autoscaler's zip in it: `bootstrap`, with jobq.toml beside it.
pub const AUTOSCALER_CODE: &str = "AutoscalerCode";

/// All parameters. None has a default: a template that is deployed without them is a mistake.
pub(crate) fn all() -> Value {
    json!({
        ARTIFACTS_BUCKET: parameter("The bucket that holds the programs"),
        DRAINER_CODE: parameter("The key of the drainers' zip in the bucket"),
        AUTOSCALER_CODE: parameter("The key of the autoscaler's zip in the bucket"),
    })
}

fn parameter(description: &str) -> Value {
    json!({ "Type": "String", "Description": description, "MinLength": 1 })
}
