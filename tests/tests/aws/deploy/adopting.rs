//! A stack made anew adopts what an earlier one left, with all that is in it.
//!
//! Which resources that holds for is tested with the templates (`infra/tests/template/promises.rs`).

use jobq_tests::aws::proxy::{Proxy, Trouble};
use reqwest::Method;
use serde_json::{Value, json};

use super::project::Project;
use crate::rest;

/// A key under which a result lies in these tests.
const RESULT: &str = "troops/one.jsonl";

/// What is kept: the tasks of three lanes, letters, ledger and results.
const KEPT: [&str; 6] = ["BulkTroops", "HighTroops", "Ledger", "LettersTroops", "QueueTroops", "Results"];

#[tokio::test]
async fn queues_ledger_and_results_come_back_with_what_is_in_them() {
    let project = Project::new();
    let before = destroyed(&project).await;
    let made = project.jobq(&["deploy", "--yes"]).with_code(0);
    assert!(
        made.stderr.contains("to be adopted, kept from before with all that is in them: 6 resources"),
        "{made:?}"
    );
    assert!(made.stderr.contains("import complete"), "{made:?}");
    for kept in KEPT {
        let listed = |line: &str| line.starts_with("adopt") && line.contains(&format!(" {kept} "));
        assert!(made.stderr.lines().any(listed), "{kept} of {made:?}");
    }
    assert_eq!(project.standing().await.as_deref(), Some("UPDATE_COMPLETE"));
    assert_eq!(held(&project).await, before);
    assert_eq!(project.function("drain-hermes").await["MemorySize"], 128);

    let sets = project.change_sets().await;
    assert_eq!(project.json(&["deploy", "--yes"])["done"], "nothing");
    assert_eq!(project.change_sets().await, sets, "only what was executed");
    assert_eq!(held(&project).await, before);
}

/// An import sets nothing: what jobq.toml says otherwise by now is for the update that follows.
#[tokio::test]
async fn settings_that_changed_meanwhile_are_changed() {
    let project = Project::new();
    destroyed(&project).await;
    project.configure("", "visibility = \"97s\"");
    let made = project.json(&["deploy", "--yes"]);
    let changes = made["changes"].as_array().unwrap();
    let of_troops = |action: &str| {
        changes.iter().find(|change| change["resource"] == "QueueTroops" && change["action"] == action)
    };
    assert!(of_troops("adopt").is_some(), "{made}");
    assert!(
        of_troops("change").is_some_and(|change| change["settings"].to_string().contains("Visib")),
        "{made}"
    );
    let body = json!({ "QueueUrl": project.queue("troops").await.unwrap(), "AttributeNames": ["All"] });
    let told = rest::call(&project.url, "AmazonSQS.GetQueueAttributes", &body).await;
    assert_eq!(told["Attributes"]["VisibilityTimeout"], "97");
    assert_eq!(project.messages("troops").await, Some(5));
}

#[tokio::test]
async fn a_look_tells_what_would_be_adopted_and_changes_nothing() {
    let project = Project::new();
    let before = destroyed(&project).await;
    let looked = project.jobq(&["deploy", "--dry-run", "--json"]).with_code(0);
    assert!(looked.stderr.contains("to be adopted"), "{looked:?}");
    let told = looked.json();
    assert_eq!(told["done"], "looked");
    let changes = told["changes"].as_array().unwrap();
    let ids: Vec<&str> = changes.iter().map(|change| change["resource"].as_str().unwrap()).collect();
    assert_eq!(ids, KEPT, "{told}");
    assert!(changes.iter().all(|change| change["action"] == "adopt"), "{told}");
    assert_eq!(project.standing().await, None);
    assert_eq!(held(&project).await, before);
    assert_eq!(project.objects(&project.artifacts()).await, None);
}

/// Whoever says no to the second question leaves what a process leaves that is killed between the two.
#[tokio::test]
async fn a_stack_with_nothing_but_what_was_adopted_is_gone_on_with() {
    let project = Project::new();
    let before = destroyed(&project).await;
    let declined = project.jobq_on_terminal(&["deploy"], "no").with_code(1);
    assert!(declined.stdout.contains("Adopt 6 resources into the stack"), "{declined:?}");
    assert_eq!(project.standing().await, None);

    let halved = project.jobq_on_terminal(&["deploy"], "yes\nno").with_code(1);
    assert!(halved.stdout.contains("not confirmed"), "{halved:?}");
    assert_eq!(project.standing().await.as_deref(), Some("IMPORT_COMPLETE"));
    assert_eq!(held(&project).await, before);

    let made = project.jobq(&["deploy", "--yes"]).with_code(0);
    assert!(!made.stderr.contains("adopt"), "{made:?}");
    assert_eq!(project.standing().await.as_deref(), Some("UPDATE_COMPLETE"));
    assert_eq!(held(&project).await, before);
}

/// A process that is killed before anything is adopted leaves a stack in which there is nothing.
#[tokio::test]
async fn a_stack_that_never_had_anything_adopts() {
    let project = Project::new();
    let before = destroyed(&project).await;
    project.propose("{\"Resources\":{\"Any\":{\"Type\":\"AWS::SQS::Queue\"}}}").await;
    assert_eq!(project.standing().await.as_deref(), Some("REVIEW_IN_PROGRESS"));
    project.json(&["deploy", "--yes"]);
    assert_eq!(project.standing().await.as_deref(), Some("UPDATE_COMPLETE"));
    assert_eq!(held(&project).await, before);
}

/// A queue that left jobq.toml stays, and comes back with it.
#[tokio::test]
async fn a_queue_that_comes_back_is_adopted_by_a_stack_at_work() {
    let project = Project::new();
    project.json(&["deploy", "--yes"]);
    project.push(5);
    let troops = project.folder.read("jobq.toml");
    project.folder.file("jobq.toml", troops.replace("queues.troops", "queues.groups"));
    let left = project.json(&["deploy", "--yes"]);
    let actions = |report: &Value, id: &str| -> Vec<String> {
        let changes = report["changes"].as_array().unwrap().iter().filter(|change| change["resource"] == id);
        changes.map(|change| change["action"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(actions(&left, "QueueGroups"), ["add"], "{left}");
    project.folder.file("jobq.toml", troops);
    let back = project.json(&["deploy", "--yes"]);
    assert_eq!(actions(&back, "QueueTroops"), ["adopt"], "{back}");
    assert_eq!(actions(&back, "LettersTroops"), ["adopt"], "{back}");
    assert_eq!(project.messages("troops").await, Some(5));
}

#[tokio::test]
async fn what_another_stack_has_is_not_adopted() {
    let project = Project::new();
    let name = project.results();
    let bucket = json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": name } });
    let other = Project::new();
    other.make(&json!({ "Resources": { "Theirs": bucket } }).to_string()).await;
    let refused = project.jobq(&["deploy", "--yes"]).with_code(1);
    assert!(refused.stderr.contains("CloudFormation refuses the change"), "{refused:?}");
    assert!(refused.stderr.contains("already exists in stack"), "{refused:?}");
    assert!(refused.stderr.contains("choose another name under [aws] stack"), "{refused:?}");
    assert_eq!(project.standing().await, None);
    assert_eq!(project.queues().await, Vec::<String>::new());
}

/// What nobody may look at isn't taken for missing.
#[tokio::test]
async fn what_may_not_be_looked_up_is_told() {
    let (proxy, own) = (Proxy::start(), Project::new());
    proxy.lead_to(&own.url);
    let project = Project { url: proxy.url().to_owned(), ..own };
    for (service, action) in
        [("sqs", "sqs:GetQueueUrl"), ("dynamodb", "dynamodb:DescribeTable"), ("s3", "s3:ListBucketVersions")]
    {
        proxy.trouble(service, Trouble::Refused);
        let refused = project.jobq(&["deploy", "--yes"]).with_code(1);
        assert!(refused.stderr.contains("whether there is something to adopt can't be told"), "{refused:?}");
        assert!(refused.stderr.contains(&format!("hint: you may not do {action}")), "{refused:?}");
        proxy.mend(service);
        assert_eq!(project.standing().await, None);
    }
}

/// A project whose stack is gone: what it left.
async fn destroyed(project: &Project) -> Held {
    project.json(&["deploy", "--yes"]);
    project.push(5);
    let url = format!("{}/{}/{RESULT}", project.url, project.results());
    let put = rest::request("s3", Method::PUT, url, &[], b"{}".to_vec()).await;
    assert!(put.status().is_success());
    let before = held(project).await;
    assert_eq!(before.tasks, Some(5));
    assert_ne!(before.ledger["Count"], 0, "{}", before.ledger);
    project.json(&["destroy", "--yes"]);
    assert_eq!(project.standing().await, None);
    assert_eq!(held(project).await, before);
    before
}

/// What queue, ledger and results hold.
#[derive(Debug, Clone, PartialEq)]
struct Held {
    tasks: Option<u64>,
    ledger: Value,
    result: String,
}

async fn held(project: &Project) -> Held {
    let body = json!({ "TableName": format!("{}-ledger", project.stack) });
    let url = format!("{}/{}/{RESULT}", project.url, project.results());
    let result = rest::request("s3", Method::GET, url, &[], Vec::new()).await;
    Held {
        tasks: project.messages("troops").await,
        ledger: rest::call(&project.url, "DynamoDB_20120810.Scan", &body).await,
        result: result.text().await.unwrap(),
    }
}
