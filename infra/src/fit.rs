//! What AWS would refuse, found before it does: names, and how much there is of everything.

use std::collections::BTreeMap;

use jobq_core::config::Config;
use jobq_core::name::QueueName;
use jobq_core::place::Place;
use jobq_core::queue::Queue;
use jobq_core::stack::{MAX_BUCKET_NAME, MAX_FUNCTION_NAME, MAX_QUEUE_NAME};
use jobq_core::task::Priority;
use serde_json::Value;

use crate::misfit::Misfit;
use crate::pushes;
use crate::template::Template;

/// The bounds of one template: resources, outputs, bytes.
const MAX_RESOURCES: usize = 500;
const MAX_OUTPUTS: usize = 200;
const MAX_BYTES: usize = 1_000_000;

/// The bound of all that a role's own policies say, in characters without white space.
const MAX_POLICY: usize = 10_240;

/// Every account's number is as long as this one, and no region's name is longer.
const ACCOUNT: &str = "123456789012";
const LONGEST_REGION: &str = "ap-southeast-2";
const LONGEST_PARTITION: &str = "aws-us-gov";

/// What is wrong with names and places, and whether there is anything to make a stack of.
pub(crate) fn names(config: &Config) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if config.queues.is_empty() {
        misfits.push(Misfit::new("there is no queue", "write one: [queues.NAME] with its limit"));
    }
    misfits.extend(bucket_names(config));
    misfits.extend(queue_names(config));
    misfits.extend(function_names(config));
    misfits.extend(places(config));
    misfits.extend(hooks(config));
    misfits.extend(pushes::misfits(config));
    misfits
}

/// There is no machine of one's own on AWS: what is to happen at the end of a batch, but for a task, hangs on its event.
fn hooks(config: &Config) -> Vec<Misfit> {
    let misfit = |key: String| {
        Misfit::new(
            format!("{key}: on AWS the end of a batch is told by an event"),
            "leave it out here, and have a rule of EventBridge do it: source jobq, detail-type 'Batch finished'",
        )
    };
    let told = config.queues.values().flat_map(|Queue { name, on_complete: on, .. }| {
        let keys = [("command", !on.command.is_empty()), ("url", on.url.is_some())];
        let there = keys.into_iter().filter(|(_, is_there)| *is_there);
        there.map(|(key, _)| misfit(format!("queues.{name}.on_complete.{key}"))).collect::<Vec<_>>()
    });
    told.collect()
}

/// What is wrong with a whole template.
pub(crate) fn sizes(template: &Template) -> Vec<Misfit> {
    let counts = [
        (template.resources().len(), MAX_RESOURCES, "resources"),
        (template.outputs(), MAX_OUTPUTS, "outputs"),
        (template.to_string().len(), MAX_BYTES, "bytes"),
    ];
    let hint = "divide the queues among several files, each with a stack of its own";
    let counts = counts.into_iter().filter(|(count, most, _)| count > most).map(|(count, most, of)| {
        Misfit::new(format!("the stack has {count} {of}, and CloudFormation takes {most}"), hint)
    });
    let roles = template.resources().iter().filter(|(_, resource)| resource.kind() == "AWS::IAM::Role");
    let roles = roles.filter_map(|(id, role)| {
        let length = policy_length(&role.properties()["Policies"]);
        let message = format!("the policy of {id} has {length} characters, and IAM takes {MAX_POLICY}");
        (length > MAX_POLICY).then(|| Misfit::new(message, "give it fewer queues, or shorter names"))
    });
    counts.chain(roles).collect()
}

fn bucket_names(config: &Config) -> Vec<Misfit> {
    let stack = &config.stack;
    let region = stack.region.as_deref().unwrap_or(LONGEST_REGION);
    let names = [stack.artifacts_bucket(ACCOUNT, region), stack.results_bucket(ACCOUNT, region)];
    let misfit = |name: &String| too_long("bucket", name, MAX_BUCKET_NAME, "aws.stack");
    names.iter().filter_map(misfit).collect()
}

/// Dots become underscores on AWS, and a queue may be called as another one's lane or dead letters.
fn queue_names(config: &Config) -> Vec<Misfit> {
    let stack = &config.stack;
    let named = config.queues.keys().flat_map(|name| {
        let lanes = Priority::ALL.map(|lane| (stack.lane(name, lane), told(name, lane)));
        lanes.into_iter().chain([(stack.dead_letter_queue(name), format!("dead letters of {name}"))])
    });
    let (mut misfits, named) = (Vec::new(), named.collect::<Vec<_>>());
    for name in config.queues.keys() {
        let longest = stack.lane(name, Priority::Bulk);
        misfits.extend(too_long("queue", &longest, MAX_QUEUE_NAME, &format!("queues.{name}")));
    }
    misfits.extend(alike("queue", named));
    misfits
}

fn told(queue: &QueueName, lane: Priority) -> String {
    match lane {
        Priority::Normal => format!("queue {queue}"),
        Priority::High | Priority::Bulk => format!("lane {} of {queue}", lane.as_str()),
    }
}

fn function_names(config: &Config) -> Vec<Misfit> {
    let stack = &config.stack;
    let mut misfits = Vec::new();
    for name in config.limits.keys() {
        misfits.extend(too_long(
            "function",
            &stack.drainer(name),
            MAX_FUNCTION_NAME,
            &format!("limits.{name}"),
        ));
    }
    let named = config.limits.keys().map(|name| (stack.drainer(name), format!("limit {name}")));
    misfits.extend(alike("function", named.collect()));
    misfits
}

/// A role's policy reads some signs as more than themselves, and so does a template.
fn places(config: &Config) -> Vec<Misfit> {
    let places = config.queues.values().filter_map(|queue| Some((&queue.name, queue.results.as_ref()?)));
    let misfit = |(name, place): (_, &Place)| {
        let special = place.prefix().contains(['*', '?', '$']);
        let message = format!("queues.{name}.results: no permission can be written for '{place}'");
        special.then(|| Misfit::new(message, "leave '*', '?' and '$' out of it"))
    };
    places.filter_map(misfit).collect()
}

fn too_long(kind: &str, name: &str, most: usize, key: &str) -> Option<Misfit> {
    let length = name.len();
    let message =
        format!("{key}: its {kind} would be called '{name}': {length} characters, and AWS takes {most}");
    (length > most).then(|| Misfit::new(message, format!("choose a name shorter by {}", length - most)))
}

/// Those that would be called the same.
fn alike(kind: &str, named: Vec<(String, String)>) -> Vec<Misfit> {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, of) in named {
        by_name.entry(name).or_default().push(of);
    }
    let alike = by_name.into_iter().filter(|(_, all)| all.len() > 1);
    let tell = |(name, all): (String, Vec<String>)| {
        let message = format!("{} would have the same {kind} on AWS, '{name}'", all.join(" and "));
        Misfit::new(
            message,
            "rename one: AWS knows no dots, and '-high', '-bulk' and '-dlq' are for lanes and dead letters",
        )
    };
    alike.map(tell).collect()
}

/// How long policies are when CloudFormation has put in what it knows.
fn policy_length(policies: &Value) -> usize {
    let documents = policies.as_array().into_iter().flatten().map(|policy| &policy["PolicyDocument"]);
    documents.map(|document| resolved(document).to_string().len()).sum()
}

fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(fields) => match fields.get("Fn::Sub").and_then(Value::as_str) {
            Some(text) => Value::String(put_in(text)),
            None => fields.iter().map(|(key, value)| (key.clone(), resolved(value))).collect(),
        },
        Value::Array(values) => values.iter().map(resolved).collect(),
        other => other.clone(),
    }
}

fn put_in(text: &str) -> String {
    text.replace("${AWS::AccountId}", ACCOUNT)
        .replace("${AWS::Region}", LONGEST_REGION)
        .replace("${AWS::Partition}", LONGEST_PARTITION)
}
