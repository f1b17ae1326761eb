//! What holds for every template, whatever it is made of.

use std::collections::BTreeSet;

use jobq_core::envelope::Envelope;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use serde_json::Value;

use crate::{GOLDEN, config, rendered};

#[test]
fn goldens_keep_them() {
    for name in GOLDEN {
        check(&rendered(name).to_json());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn templates_of_any_configuration_keep_them(text in any_config()) {
        if let Ok(template) = jobq_infra::render(&config(&text)) {
            check(&template.to_json());
        }
    }
}

/// Up to three limits, and up to six queues under them.
fn any_config() -> impl Strategy<Value = String> {
    let name = "[a-zA-Z0-9][a-z0-9._-]{0,11}";
    let limit = (name, any::<bool>(), prop::option::of("[a-z.]{1,9}"));
    let queue = (name, 0..3_usize, prop::option::of("[a-z/]{1,9}"), any::<bool>());
    let limits = prop::collection::btree_map("[a-z][a-z0-9._-]{0,11}", limit, 1..4);
    let queues = prop::collection::btree_map(name, queue, 1..7);
    (limits, queues, any::<bool>()).prop_map(|(limits, queues, x86)| {
        let architecture = if x86 { "x86_64" } else { "arm64" };
        let mut text = format!("[aws]\narchitecture = \"{architecture}\"\n");
        for (name, (_, autoscale, secret)) in &limits {
            let secrets = secret.iter().filter(|name| !name.starts_with('.'));
            let secrets: Vec<String> = secrets.map(|name| format!("\"{name}\"")).collect();
            text += &format!(
                "[limits.\"{name}\"]\nrate = \"5/s\"\nhosts = [\"a.example\"]\n\
                 drainers = {{ autoscale = {autoscale} }}\nsecrets = [{}]\n",
                secrets.join(",")
            );
        }
        for name in queues.keys().take(2) {
            text += &format!(
                "[pushes.\"p-{name}\"]\nqueue = \"{name}\"\ncron = \"cron(0 5 * * ? *)\"\nurl = \"https://a.example/\"\n"
            );
        }
        for (name, (_, limit, results, scheduled)) in &queues {
            let limit = limits.keys().cycle().nth(*limit).expect("a limit");
            text += &format!("[queues.\"{name}\"]\nlimit = \"{limit}\"\n");
            text += &results.iter().map(|results| format!("results = \"{results}\"\n")).collect::<String>();
            if *scheduled {
                text += "schedule = [\"cron(0 0 * * ? *) for 6h\", \"cron(0 9 ? * SUN *) for 6h in Asia/Tokyo\"]\n";
            }
        }
        text
    })
}

fn check(template: &Value) {
    let resources: Vec<Resource> = template["Resources"]
        .as_object()
        .expect("resources")
        .iter()
        .map(|(id, value)| Resource { id, value })
        .collect();
    for resource in &resources {
        assert!(resource.id.chars().all(|c| c.is_ascii_alphanumeric()), "{}", resource.id);
        check_fate(resource);
        match resource.kind() {
            "AWS::SQS::Queue" => check_queue(resource, &resources),
            "AWS::Lambda::Function" => check_function(resource, &resources),
            "AWS::IAM::Role" => check_role(resource),
            "AWS::CloudWatch::Alarm" => {
                assert!(resource.property("TreatMissingData").is_string(), "{}", resource.id)
            }
            "AWS::Events::Rule" => check_rule(resource, &resources),
            "AWS::Scheduler::Schedule" => check_schedule(resource, &resources),
            _ => {}
        }
    }
    check_references(template, &resources);
}

struct Resource<'a> {
    id: &'a str,
    value: &'a Value,
}

impl Resource<'_> {
    fn kind(&self) -> &str {
        self.value["Type"].as_str().expect("a type")
    }

    fn property(&self, name: &str) -> &Value {
        &self.value["Properties"][name]
    }
}

/// Data outlives the stack, and nothing else does; what holds data says what becomes of it.
fn check_fate(resource: &Resource) {
    let data = ["AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket"].contains(&resource.kind());
    let retained = |policy: &str| resource.value[policy] == "Retain";
    assert_eq!(
        (retained("DeletionPolicy"), retained("UpdateReplacePolicy")),
        (data, data),
        "{}",
        resource.id
    );
}

/// A queue refuses plain HTTP, and is dead letters or has them.
fn check_queue(queue: &Resource, all: &[Resource]) {
    let id = queue.id;
    let refuses = all.iter().any(|policy| {
        policy.kind() == "AWS::SQS::QueuePolicy"
            && policy.property("Queues")[0]["Ref"] == *id
            && policy.property("PolicyDocument")["Statement"][0]["Condition"]["Bool"]["aws:SecureTransport"]
                == "false"
    });
    assert!(refuses, "{id} takes plain HTTP");
    assert_eq!(queue.property("SqsManagedSseEnabled"), true, "{id}");
    let redrive = queue.property("RedrivePolicy");
    if redrive.is_null() {
        let own = queue.property("QueueName").as_str().expect("a name");
        let sources = queue.property("RedriveAllowPolicy")["sourceQueueArns"].as_array().expect("sources");
        assert!((1..=10).contains(&sources.len()), "{id}");
        for source in sources {
            let source = source["Fn::Sub"].as_str().and_then(|arn| arn.rsplit(':').next()).expect("an ARN");
            let lanes = ["", "-high", "-bulk"].map(|lane| own.replace("-dlq", lane));
            assert!(lanes.contains(&source.to_owned()), "{source} of {own}");
        }
    } else {
        let letters =
            redrive["deadLetterTargetArn"]["Fn::Sub"].as_str().and_then(|arn| arn.rsplit(':').next());
        let letters = letters.expect("an ARN");
        let letters =
            all.iter().find(|other| *other.property("QueueName") == *letters).expect("dead letters");
        assert_eq!(queue.value["DependsOn"][0], letters.id, "{id} needs dead letters");
        let days =
            |queue: &Resource| queue.property("MessageRetentionPeriod").as_u64().expect("seconds") / 86_400;
        assert!(days(letters) == 14 && days(queue) <= 7, "{id}");
    }
}

/// A function's log ends some day, its events live a minute, and it has a cap.
fn check_function(function: &Resource, all: &[Resource]) {
    let id = function.id;
    let logs = &function.property("LoggingConfig")["LogGroup"]["Ref"];
    let logs = all.iter().find(|other| *logs == *other.id).expect("a log group");
    assert!(logs.property("RetentionInDays").as_u64().is_some_and(|days| days > 0), "{id}");
    let events = all.iter().find(|other| {
        other.kind() == "AWS::Lambda::EventInvokeConfig" && other.property("FunctionName")["Ref"] == *id
    });
    let events = events.expect("how events reach it");
    assert_eq!(events.property("Qualifier"), "$LATEST");
    assert_eq!(events.property("MaximumEventAgeInSeconds"), 60);
    assert_eq!(events.property("MaximumRetryAttempts"), 0);
    assert!(function.property("ReservedConcurrentExecutions").as_u64().is_some_and(|cap| cap > 0), "{id}");
}

/// A statement allows named actions on named things. CloudWatch alone has no smaller thing than everything.
fn check_role(role: &Resource) {
    let statements =
        role.property("Policies")[0]["PolicyDocument"]["Statement"].as_array().expect("statements");
    let sids: BTreeSet<&str> = statements.iter().map(|one| one["Sid"].as_str().expect("a sid")).collect();
    assert_eq!(sids.len(), statements.len(), "{}: two statements of one name", role.id);
    for statement in statements {
        let told = format!("{}: {statement}", role.id);
        let actions = statement["Action"].as_array().expect("actions");
        assert!(
            !actions.is_empty() && actions.iter().all(|action| !action.to_string().contains('*')),
            "{told}"
        );
        let things = statement["Resource"].as_array().expect("things");
        assert!(!things.is_empty(), "{told}");
        for thing in things {
            let everything = actions == &[Value::from("cloudwatch:GetMetricData")];
            assert_eq!(*thing == "*", everything, "{told}");
        }
    }
    let denied =
        |one: &Value| one["Effect"] == "Deny" && one["Action"][0] == "lambda:DeleteFunctionConcurrency";
    assert!(
        statements.iter().any(denied) || !sids.contains("Fleet"),
        "{}: a cap that can be taken away",
        role.id
    );
}

/// What a rule wakes lets itself be woken by it, and by nobody else.
fn check_rule(rule: &Resource, all: &[Resource]) {
    let woken = &rule.property("Targets")[0]["Arn"]["Fn::GetAtt"][0];
    let allowed = all.iter().any(|permission| {
        permission.kind() == "AWS::Lambda::Permission"
            && permission.property("FunctionName")["Ref"] == *woken
            && permission.property("SourceArn")["Fn::GetAtt"][0] == *rule.id
    });
    assert!(allowed, "{} may wake nothing", rule.id);
}

/// A schedule wakes one function in a role that may do nothing else and that no other account's schedules can take on; what
/// it couldn't hand over it doesn't try for a day.
fn check_schedule(schedule: &Resource, all: &[Resource]) {
    let target = schedule.property("Target");
    let role = all.iter().find(|role| target["RoleArn"]["Fn::GetAtt"][0] == *role.id).expect("a role");
    let trust = &role.property("AssumeRolePolicyDocument")["Statement"][0];
    assert_eq!(trust["Principal"]["Service"], "scheduler.amazonaws.com");
    assert_eq!(trust["Condition"]["StringEquals"]["aws:SourceAccount"]["Fn::Sub"], "${AWS::AccountId}");
    let statements = &role.property("Policies")[0]["PolicyDocument"]["Statement"];
    assert_eq!(statements.as_array().map(Vec::len), Some(1));
    let to = all.iter().find(|other| target["Arn"]["Fn::GetAtt"][0] == *other.id).expect("a target");
    if to.kind() == "AWS::SQS::Queue" {
        check_push(schedule, to, &statements[0]);
    } else {
        assert_eq!(statements[0]["Action"], serde_json::json!(["lambda:InvokeFunction"]));
        assert_eq!(statements[0]["Resource"], serde_json::json!([target["Arn"]]));
        assert_ne!(*schedule.property("ScheduleExpressionTimezone"), "UTC", "a rule is free");
    }
    assert!(
        target["RetryPolicy"]["MaximumEventAgeInSeconds"].as_u64().is_some_and(|age| age <= 900),
        "{target}"
    );
}

/// What a recurring push sends is a task once its time stands in it, the same task each time it is sent.
fn check_push(schedule: &Resource, queue: &Resource, statement: &Value) {
    assert_eq!(statement["Action"], serde_json::json!(["sqs:SendMessage"]));
    let allowed = statement["Resource"].as_array().expect("queues").iter();
    let mut allowed = allowed.map(|arn| arn["Fn::Sub"].as_str().and_then(|arn| arn.rsplit(':').next()));
    assert!(allowed.any(|name| name == queue.property("QueueName").as_str()), "{}", queue.id);
    let input = schedule.property("Target")["Input"].as_str().expect("an input");
    let sent = input.replace("<aws.scheduler.scheduled-time>", "2026-11-26T02:00:00Z");
    let task = Envelope::decode(sent.as_bytes()).expect("a task");
    assert!(task.id.as_str().ends_with("-20261126T020000Z-1"), "{}", task.id);
}

/// What outlives a stack can be taken in by a new one with a template of nothing else.
#[test]
fn what_is_retained_stands_by_itself() {
    for name in GOLDEN {
        let whole = rendered(name);
        let retained = whole.retained();
        let ids: Vec<&str> = retained.iter().map(|retained| retained.id.as_str()).collect();
        for ids in [BTreeSet::from_iter(ids.iter().copied()), BTreeSet::from([ids[ids.len() - 1]])] {
            let part = whole.only(&ids).to_json();
            let resources = part["Resources"].as_object().expect("resources");
            assert!(resources.keys().all(|id| ids.contains(id.as_str())) && resources.len() == ids.len());
            let named = resources.iter().map(|(id, value)| Resource { id, value });
            check_references(&part, &named.collect::<Vec<_>>());
            assert!(part.get("Parameters").is_none() && part.get("Outputs").is_none(), "{part:#}");
        }
    }
}

/// An import tells what is there as it is, and says nothing that the template doesn't.
#[test]
fn what_is_retained_can_be_told_as_it_is() {
    let template =
        rendered("minimal").with("Ledger", "BillingMode", "PROVISIONED").with("Ledger", "Other", 1);
    let ledger = &template.to_json()["Resources"]["Ledger"]["Properties"];
    assert_eq!(ledger["BillingMode"], "PROVISIONED");
    assert_eq!(ledger.get("Other"), None);
    assert_eq!(rendered("minimal").with("Nothing", "BillingMode", 1), rendered("minimal"));
}

/// Whatever is referred to is there.
fn check_references(template: &Value, resources: &[Resource]) {
    let parameters = template["Parameters"].as_object().into_iter().flatten().map(|(id, _)| id.as_str());
    let known: BTreeSet<&str> = parameters.chain(resources.iter().map(|resource| resource.id)).collect();
    let mut waiting = vec![template];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(fields) => {
                let referred =
                    fields.get("Ref").or_else(|| fields.get("Fn::GetAtt").map(|attribute| &attribute[0]));
                let after = fields.get("DependsOn").and_then(Value::as_array).into_iter().flatten();
                for id in referred.into_iter().chain(after).filter_map(Value::as_str) {
                    assert!(known.contains(id), "{id} is nowhere");
                }
                waiting.extend(fields.values());
            }
            Value::Array(values) => waiting.extend(values),
            _ => {}
        }
    }
}
