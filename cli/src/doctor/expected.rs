//! What the stack's parts should be: read from the template that would be deployed.

use jobq_infra::parameters::AUTOSCALER_CODE;
use serde_json::Value;

use crate::deploy::bootstraps::Program;

/// A queue as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExpectedQueue {
    /// What SQS calls it.
    pub(super) name: String,
    pub(super) role: Role,
}

/// What a queue is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// Tasks wait in it.
    Tasks { visibility_secs: u64, retention_secs: u64, max_receives: u64 },
    /// It is for dead letters.
    Letters { retention_secs: u64 },
}

/// A function as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExpectedFunction {
    /// What Lambda calls it.
    pub(super) name: String,
    pub(super) program: Program,
    pub(super) memory_mb: u64,
    pub(super) timeout_secs: u64,
    pub(super) architecture: String,
    pub(super) max_age_secs: u64,
    pub(super) retries: u64,
}

/// The queues of a template, by its own names for them.
pub(super) fn queues(template: &Value) -> Vec<ExpectedQueue> {
    of_kind(template, "AWS::SQS::Queue").map(|(_, properties)| queue(properties)).collect()
}

/// The functions of a template, by its own names for them.
pub(super) fn functions(template: &Value) -> Vec<ExpectedFunction> {
    let events: Vec<(&str, &Value)> = of_kind(template, "AWS::Lambda::EventInvokeConfig").collect();
    let functions = of_kind(template, "AWS::Lambda::Function");
    functions
        .map(|(id, properties)| {
            let events = events.iter().find(|(_, events)| text(&events["FunctionName"]["Ref"]) == id);
            let events = events.map_or(&Value::Null, |(_, events)| events);
            ExpectedFunction {
                name: text(&properties["FunctionName"]),
                program: program(&properties["Code"]["S3Key"]["Ref"]),
                memory_mb: number(&properties["MemorySize"]),
                timeout_secs: number(&properties["Timeout"]),
                architecture: text(&properties["Architectures"][0]),
                max_age_secs: number(&events["MaximumEventAgeInSeconds"]),
                retries: number(&events["MaximumRetryAttempts"]),
            }
        })
        .collect()
}

fn of_kind<'a>(template: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources
        .filter(move |(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
}

fn queue(properties: &Value) -> ExpectedQueue {
    let retention_secs = number(&properties["MessageRetentionPeriod"]);
    let role = match &properties["RedrivePolicy"]["maxReceiveCount"] {
        Value::Null => Role::Letters { retention_secs },
        max_receives => Role::Tasks {
            visibility_secs: number(&properties["VisibilityTimeout"]),
            retention_secs,
            max_receives: number(max_receives),
        },
    };
    ExpectedQueue { name: text(&properties["QueueName"]), role }
}

fn program(key: &Value) -> Program {
    if key == AUTOSCALER_CODE { Program::Autoscaler } else { Program::Drainer }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    //! Against a template as it is rendered.

    use jobq_core::config::Config;

    use super::*;

    #[test]
    fn every_part_of_a_template_is_found() {
        let text = "[limits.a]\nrate = \"5/s\"\nhosts = [\"a.example\"]\n[queues.q]\nlimit = \"a\"\n";
        let config = Config::parse("jobq.toml", text).unwrap();
        let template = jobq_infra::render(&config).unwrap().to_json();
        let queues = queues(&template);
        assert_eq!(queues.len(), 4, "three lanes, and their dead letters");
        let tasks = Role::Tasks { visibility_secs: 60, retention_secs: 7 * 86_400, max_receives: 20 };
        assert!(queues.contains(&ExpectedQueue { name: "jobq-q".to_owned(), role: tasks }), "{queues:?}");
        let functions = functions(&template);
        let drainer = functions.iter().find(|function| function.name == "jobq-drain-a").unwrap();
        assert_eq!(
            (drainer.memory_mb, drainer.timeout_secs, drainer.architecture.as_str()),
            (128, 900, "arm64")
        );
        assert_eq!((drainer.program, drainer.max_age_secs, drainer.retries), (Program::Drainer, 60, 0));
        let autoscaler = functions.iter().find(|function| function.name == "jobq-autoscaler").unwrap();
        assert_eq!(autoscaler.program, Program::Autoscaler);
    }
}
