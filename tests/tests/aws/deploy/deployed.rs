//! Making a stack and changing it.

use reqwest::Method;
use serde_json::json;

use super::project::Project;
use crate::rest;

#[tokio::test]
async fn an_empty_account_gets_a_stack_and_a_second_deployment_changes_nothing() {
    let project = Project::new();
    let made = project.json(&["deploy", "--yes"]);
    assert_eq!(made["done"], "deployed", "{made}");
    assert_eq!(project.messages("troops").await, Some(0));
    assert_eq!(project.messages("troops-dlq").await, Some(0));
    assert!(project.has_table().await);
    assert_eq!(project.function("drain-hermes").await["MemorySize"], 128);
    let url = made["outputs"]["UrlQueueTroops"].as_str().unwrap();
    assert!(url.ends_with(&format!("{}-troops", project.stack)), "{made}");
    let objects = project.objects(&project.artifacts()).await.unwrap();
    assert_eq!(objects.matches("<Key>").count(), 2, "{objects}");

    let again = project.jobq(&["deploy", "--yes"]).with_code(0);
    assert!(again.stderr.contains("is what jobq.toml says"), "{again:?}");
    assert_eq!(project.json(&["deploy", "--yes"])["done"], "nothing");
    assert_eq!(project.standing().await.as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(project.objects(&project.artifacts()).await.unwrap(), objects);
    assert_eq!(project.change_sets().await, 1, "only the one that was executed");
}

#[tokio::test]
async fn an_upgrade_keeps_queues_and_what_is_in_them() {
    let project = Project::new();
    project.json(&["deploy", "--yes"]);
    project.push(5);
    project.configure("memory = 256", "[queues.groups]\nlimit = \"hermes\"");
    let looked = project.json(&["deploy", "--dry-run"]);
    let upgraded = project.json(&["deploy", "--yes"]);
    assert_eq!(upgraded["changes"], looked["changes"], "the look told what was done");
    let changes = upgraded["changes"].as_array().unwrap();
    let of = |resource: &str| changes.iter().find(|change| change["resource"] == resource);
    assert_eq!(of("QueueGroups").unwrap()["action"], "add", "{upgraded}");
    assert_eq!(of("DrainerHermes").unwrap()["action"], "change", "{upgraded}");
    assert_eq!(of("QueueTroops"), None, "{upgraded}");
    assert_eq!(project.function("drain-hermes").await["MemorySize"], 256);
    assert_eq!(project.messages("troops").await, Some(5));
    assert_eq!(project.messages("groups").await, Some(0));
    let objects = project.objects(&project.artifacts()).await.unwrap();
    assert_eq!(objects.matches("<Key>").count(), 2, "earlier programs go: {objects}");
}

/// Each event is shown once, in the order in which it happened.
#[tokio::test]
async fn progress_is_shown() {
    let project = Project::new();
    let made = project.jobq(&["deploy", "--yes"]).with_code(0);
    let lines: Vec<&str> = made.stderr.lines().filter(|line| line.contains(" QueueTroops (AWS")).collect();
    let position = |word: &str| lines.iter().position(|line| line.contains(word));
    assert!(position("create in progress") < position("create complete"), "{made:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("create complete")).count(), 1, "{made:?}");
    assert!(made.stderr.contains("create complete        the stack"), "{made:?}");
    assert!(made.stderr.contains("jobq push QUEUE FILE"), "{made:?}");
}

#[tokio::test]
async fn a_look_leaves_nothing() {
    let project = Project::new();
    let looked = project.json(&["deploy", "--dry-run"]);
    assert_eq!(looked["done"], "looked");
    assert!(looked["changes"].as_array().unwrap().len() > 10, "{looked}");
    assert_eq!(project.standing().await, None);
    assert_eq!(project.queues().await, Vec::<String>::new());
    assert_eq!(project.objects(&project.artifacts()).await, None);

    project.json(&["deploy", "--yes"]);
    project.configure("memory = 256", "");
    project.json(&["deploy", "--dry-run"]);
    assert_eq!(project.function("drain-hermes").await["MemorySize"], 128);
    assert_eq!(project.change_sets().await, 1, "only the one that was executed");
}

/// A request takes 51,200 bytes of a template; longer ones go by way of the bucket.
#[tokio::test]
async fn a_large_template_goes_by_the_bucket() {
    let project = Project::new();
    let queues: String = (0..16).map(|number| format!("[queues.q{number}]\nlimit = \"hermes\"\n")).collect();
    project.configure("", &queues);
    assert!(project.jobq(&["synth"]).with_code(0).json().to_string().len() > 51_200);
    assert_eq!(project.json(&["deploy", "--dry-run"])["done"], "looked");
    assert_eq!(project.objects(&project.artifacts()).await, None, "a look leaves nothing");
    project.json(&["deploy", "--yes"]);
    assert_eq!(project.messages("q15").await, Some(0));
    let objects = project.objects(&project.artifacts()).await.unwrap();
    assert!(!objects.contains("template"), "{objects}");
}

/// Somebody makes a bucket of a name that the stack needs after it was looked for. The next deployment clears away
/// what was left of the stack, and adopts the bucket.
#[tokio::test]
async fn a_stack_that_could_not_be_made_is_made_anew() {
    let project = Project::new();
    let bucket = format!("{}/{}", project.url, project.results());
    let meanwhile = rest::request("s3", Method::PUT, bucket, &[], Vec::new());
    let failed = project.jobq_on_terminal_while(&["deploy"], meanwhile).await.with_code(1);
    assert!(failed.stdout.contains(&format!("the stack {} couldn't be made", project.stack)), "{failed:?}");
    assert!(failed.stdout.contains("the stack is now in ROLLBACK_COMPLETE"), "{failed:?}");
    assert!(failed.stdout.contains("Results "), "what is behind 'call DescribeEvents' is told: {failed:?}");
    let looked = project.jobq(&["deploy", "--dry-run"]).with_code(1);
    assert!(looked.stderr.contains("it was never whole"), "{looked:?}");

    let made = project.jobq(&["deploy", "--yes"]).with_code(0);
    assert!(made.stderr.contains("deleting it, for it was never whole"), "{made:?}");
    assert!(made.stderr.contains("adopt   Results "), "{made:?}");
    assert_eq!(project.standing().await.as_deref(), Some("UPDATE_COMPLETE"));
}

#[tokio::test]
async fn a_template_is_printed_or_written() {
    let project = Project::new();
    let printed = project.jobq(&["synth"]).with_code(0);
    assert_eq!(printed.json()["AWSTemplateFormatVersion"], json!("2010-09-09"));
    project.jobq(&["synth", "--out", "template.json"]).with_code(0);
    assert_eq!(project.folder.read("template.json"), printed.stdout);
}
