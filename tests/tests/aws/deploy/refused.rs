//! What is wrong is said before anything is done, with what to type.

use std::process::Stdio;

use jobq_tests::aws::variables;
use jobq_tests::world::jobq::{Ended, jobq};

use super::project::Project;

#[tokio::test]
async fn programs_that_are_missing() {
    let project = Project::new();
    let ended = project.jobq(&["deploy", "--yes", "--bootstraps", "."]).with_code(2);
    assert!(ended.stderr.contains("read the program ./drainer"), "{ended:?}");
    assert!(ended.stderr.contains("read the program ./autoscaler"), "{ended:?}");
    assert!(ended.stderr.contains("hint: build them: cargo"), "{ended:?}");
    assert_eq!(project.standing().await, None);
}

#[tokio::test]
async fn programs_for_another_processor() {
    let project = Project::new();
    let text = project.folder.read("jobq.toml").replace("x86_64", "arm64");
    project.folder.file("jobq.toml", text);
    let ended = project.jobq(&["deploy", "--yes"]).with_code(2);
    assert!(ended.stderr.contains("is for x86_64, and the functions run on arm64"), "{ended:?}");
    assert!(ended.stderr.contains("--target aarch64-unknown-linux-gnu.2.34"), "{ended:?}");
    assert!(ended.stderr.contains("architecture = \"x86_64\""), "{ended:?}");
    project.folder.file("drainer", "#!/bin/sh\n");
    let ended = project.jobq(&["deploy", "--yes", "--bootstraps", "."]).with_code(2);
    assert!(ended.stderr.contains("./drainer is no program for Linux"), "{ended:?}");
}

#[tokio::test]
async fn nobody_to_ask() {
    let project = Project::new();
    for verb in ["deploy", "destroy"] {
        let ended = project.jobq(&[verb]).with_code(2);
        assert!(ended.stderr.contains("no terminal to ask at"), "{ended:?}");
        assert!(ended.stderr.contains("--yes") && ended.stderr.contains("--dry-run"), "{ended:?}");
    }
}

#[tokio::test]
async fn no_region_and_no_credentials() {
    let project = Project::new();
    let without = |name: &str| {
        let mut command = jobq(project.folder.path(), ["deploy", "--dry-run"]);
        // Nothing that this machine's own user has set up for AWS.
        command.env("HOME", project.folder.path()).envs(variables(&project.url)).env_remove(name);
        command.env_remove("AWS_DEFAULT_REGION").env_remove("AWS_PROFILE");
        Ended::from(command.stdin(Stdio::null()).output().unwrap())
    };
    let ended = without("AWS_REGION").with_code(2);
    assert!(ended.stderr.contains("AWS region") && ended.stderr.contains("export AWS_REGION"), "{ended:?}");
    let ended = without("AWS_ACCESS_KEY_ID").with_code(1);
    assert!(ended.stderr.contains("ask AWS for the account"), "{ended:?}");
    assert!(ended.stderr.contains("aws sso login"), "{ended:?}");
}

#[tokio::test]
async fn no_configuration_or_one_that_makes_no_stack() {
    let project = Project::new();
    let ended = project.jobq(&["synth", "--config", "other.toml"]).with_code(2);
    assert!(ended.stderr.contains("read other.toml") && ended.stderr.contains("jobq init"), "{ended:?}");
    project.configure("", "[queues.\"a.b\"]\nlimit = \"hermes\"\n[queues.a_b]\nlimit = \"hermes\"");
    for verb in [&["synth"][..], &["deploy", "--dry-run"]] {
        let ended = project.jobq(verb).with_code(2);
        assert!(ended.stderr.contains("would have the same queue on AWS"), "{ended:?}");
        assert!(ended.stderr.contains("hint: rename one"), "{ended:?}");
    }
}

#[tokio::test]
async fn who_does_not_confirm_changes_nothing() {
    let project = Project::new();
    let declined = project.jobq_on_terminal(&["deploy"], "no").with_code(1);
    assert!(declined.stdout.contains("Type 'yes' to go on"), "{declined:?}");
    assert!(declined.stdout.contains("not confirmed: nothing of this was changed"), "{declined:?}");
    assert_eq!(project.standing().await, None);
    assert_eq!(project.objects(&project.artifacts()).await, None);

    project.jobq_on_terminal(&["deploy"], "yes").with_code(0);
    let declined = project.jobq_on_terminal(&["destroy", "--delete-data"], "yes").with_code(1);
    assert!(declined.stdout.contains(&format!("Type '{}' to go on", project.stack)), "{declined:?}");
    assert!(declined.stdout.contains("0 tasks, 0 dead letters"), "{declined:?}");
    assert_eq!(project.standing().await.as_deref(), Some("CREATE_COMPLETE"));
    project.jobq_on_terminal(&["destroy"], &project.stack).with_code(0);
    assert_eq!(project.standing().await, None);
}
