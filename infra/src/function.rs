//! A function with what belongs to it: its role, its logs, and how asynchronous events reach it.

use jobq_core::stack::Stack;
use serde_json::{Map, Value, json};

use crate::arn;
use crate::parameters::ARTIFACTS_BUCKET;
use crate::permissions;
use crate::resource::Resource;
use crate::role::{self, Statement};
use crate::template::Template;

/// How old an event may become before it is dropped: the least Lambda takes. One that waits longer, because as many
/// run as may, would start a drainer hours after there was work for it.
const MAX_EVENT_AGE_SECS: u32 = 60;

/// A function to be made.
pub(crate) struct Function<'a> {
    /// What the template calls it.
    pub(crate) id: String,
    /// What Lambda calls it.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) description: String,
    /// The parameter that holds its code's key.
    pub(crate) code: &'static str,
    /// Its memory, in MB.
    pub(crate) memory_mb: u32,
    /// How long it may run, in seconds.
    pub(crate) timeout_secs: u64,
    /// How many of it may run at once.
    pub(crate) reserved: u32,
    /// Its environment variables.
    pub(crate) variables: &'a [(&'a str, &'a str)],
    /// What it may do besides writing its log.
    pub(crate) statements: Vec<Statement>,
    /// What must be there before its code runs.
    pub(crate) after: Vec<String>,
}

/// Adds a function and all that belongs to it.
pub(crate) fn add(stack: &Stack, function: Function, template: &mut Template) {
    let Function { id, .. } = &function;
    let statements: Vec<Statement> =
        function.statements.iter().cloned().chain([permissions::metrics(&function.name)]).collect();
    template.add(logs_id(id), logs(stack, &function.name));
    template.add(role_id(id), role::of_function(stack, &statements));
    template.add(format!("Events{id}"), events(id));
    template.add(id.clone(), itself(stack, &function).after(function.after.clone()));
}

fn itself(stack: &Stack, function: &Function) -> Resource {
    let variables: Map<String, Value> =
        function.variables.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let mut properties = json!({
        "FunctionName": function.name,
        "Description": function.description,
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Architectures": [stack.architecture.as_str()],
        "Code": { "S3Bucket": { "Ref": ARTIFACTS_BUCKET }, "S3Key": { "Ref": function.code } },
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_secs,
        "ReservedConcurrentExecutions": function.reserved,
        "Role": { "Fn::GetAtt": [role_id(&function.id), "Arn"] },
        "LoggingConfig": { "LogGroup": { "Ref": logs_id(&function.id) } },
    });
    if !variables.is_empty() {
        properties["Environment"] = json!({ "Variables": variables });
    }
    Resource::tagged("AWS::Lambda::Function", stack, properties)
}

/// A log group of our own: the one that Lambda would make keeps its lines for ever.
fn logs(stack: &Stack, function: &str) -> Resource {
    let properties = json!({ "LogGroupName": arn::log_group(function), "RetentionInDays": stack.log_days });
    Resource::tagged("AWS::Logs::LogGroup", stack, properties).deleted()
}

/// Nothing is tried again: whoever sent the event looks again within a minute. It holds for the unqualified name,
/// by which all of them are sent.
fn events(function: &str) -> Resource {
    let properties = json!({
        "FunctionName": { "Ref": function },
        "Qualifier": "$LATEST",
        "MaximumEventAgeInSeconds": MAX_EVENT_AGE_SECS,
        "MaximumRetryAttempts": 0,
    });
    Resource::new("AWS::Lambda::EventInvokeConfig", properties)
}

fn logs_id(function: &str) -> String {
    format!("Logs{function}")
}

fn role_id(function: &str) -> String {
    format!("Role{function}")
}
