//! What `doctor` finds.

use serde_json::{Value, json};

use super::project::Project;
use crate::rest;

/// MiniStack ignores the reserved concurrency of a template, so it is set here, as AWS would have done.
async fn reserve(project: &Project) {
    for function in ["drain-hermes", "autoscaler"] {
        let url = format!("{}/2017-10-31/functions/{}-{function}/concurrency", project.url, project.stack);
        let body = json!({ "ReservedConcurrentExecutions": 1 }).to_string().into_bytes();
        let put = rest::request("lambda", reqwest::Method::PUT, url, &[], body).await;
        assert!(put.status().is_success());
    }
}

#[tokio::test]
async fn a_stack_as_it_should_be_is_well_and_a_broken_one_is_not() {
    let project = Project::new();
    project.json(&["deploy", "--yes"]);
    reserve(&project).await;
    let well = project.json(&["doctor"]);
    assert_eq!(well["wrong"], 0, "{well}");
    assert!(well["findings"].as_array().unwrap().len() > 8, "{well}");

    break_settings(&project).await;
    let broken = project.jobq(&["doctor", "--json"]).with_code(1).json();
    let wrong = of_level(&broken, "wrong");
    let says = |words: &str| wrong.iter().any(|finding| finding["what"].as_str().unwrap().contains(words));
    assert!(says("hides received tasks for 7 s, and jobq.toml says 60"), "{broken}");
    assert!(says("has 512 MB of memory, and jobq.toml says 128"), "{broken}");
    assert!(says("none of it may run"), "{broken}");
    assert!(says("switched off"), "{broken}");
    assert!(wrong.iter().all(|finding| finding["type"].is_string()), "{broken}");
}

#[tokio::test]
async fn what_was_not_deployed_yet_is_out_of_date() {
    let project = Project::new();
    project.json(&["deploy", "--yes"]);
    reserve(&project).await;
    project.configure("", "# A remark is another configuration: the programs carry it with them.");
    let found = project.json(&["doctor"]);
    let look = of_level(&found, "look");
    let stale =
        look.iter().filter(|finding| finding["what"].as_str().unwrap().contains("isn't the one")).count();
    assert_eq!(stale, 2, "{found}");
}

#[tokio::test]
async fn no_stack_and_no_secret() {
    let project = Project::new();
    project.configure("", "");
    let text = project.folder.read("jobq.toml");
    let text =
        text.replace("allow_private", "headers = { authorization = \"${secret:token}\" }\nallow_private");
    project.folder.file("jobq.toml", text);
    let found = project.jobq(&["doctor", "--json"]).with_code(1).json();
    let wrong = of_level(&found, "wrong");
    assert_eq!(wrong[0]["type"], "jobq deploy", "{found}");
    let secret = wrong.iter().find(|finding| finding["subject"] == "secret token").unwrap();
    assert!(secret["type"].as_str().unwrap().starts_with("aws ssm put-parameter"), "{found}");
}

#[tokio::test]
async fn this_machine() {
    let project = Project::new();
    let found = project.jobq(&["doctor", "--backend", "local"]).with_code(0);
    assert!(found.stdout.contains("nothing is wrong"), "{found:?}");
    let text = project.folder.read("jobq.toml");
    let text =
        text.replace("allow_private", "headers = { authorization = \"${secret:token}\" }\nallow_private");
    project.folder.file("jobq.toml", text);
    let found = project.jobq(&["doctor", "--backend", "local"]).with_code(1);
    assert!(found.stdout.contains("WRONG  secret token"), "{found:?}");
}

fn of_level<'a>(found: &'a Value, level: &str) -> Vec<&'a Value> {
    found["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == level).collect()
}

/// What hands and other tools do to a stack.
async fn break_settings(project: &Project) {
    let queue = project.queues().await.into_iter().find(|url| url.ends_with("-troops")).unwrap();
    let body = json!({ "QueueUrl": queue, "Attributes": { "VisibilityTimeout": "7" } });
    rest::call(&project.url, "AmazonSQS.SetQueueAttributes", &body).await;
    let put = |path: String, body: Value| {
        let url = format!("{}/{path}", project.url);
        rest::request("lambda", reqwest::Method::PUT, url, &[], body.to_string().into_bytes())
    };
    let drainer = format!("{}-drain-hermes", project.stack);
    let memory = json!({ "MemorySize": 512 });
    assert!(put(format!("2015-03-31/functions/{drainer}/configuration"), memory).await.status().is_success());
    let none = json!({ "ReservedConcurrentExecutions": 0 });
    assert!(put(format!("2017-10-31/functions/{drainer}/concurrency"), none).await.status().is_success());
    let rules =
        rest::call(&project.url, "AWSEvents.ListRules", &json!({ "NamePrefix": project.stack })).await;
    for rule in rules["Rules"].as_array().unwrap() {
        rest::call(&project.url, "AWSEvents.DisableRule", &json!({ "Name": rule["Name"] })).await;
    }
}
