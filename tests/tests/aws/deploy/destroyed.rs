//! The end of a stack.

use super::project::Project;

#[tokio::test]
async fn data_outlives_the_stack_until_it_is_to_go() {
    let project = Project::new();
    project.json(&["deploy", "--yes"]);
    project.push(5);
    let looked = project.json(&["destroy", "--dry-run"]);
    assert_eq!((&looked["done"], &looked["stack_goes"]), (&"looked".into(), &true.into()), "{looked}");
    assert_eq!(project.standing().await.as_deref(), Some("CREATE_COMPLETE"));

    let ended = project.jobq(&["destroy", "--yes"]).with_code(0);
    assert!(ended.stdout.contains("jobq destroy --delete-data"), "{ended:?}");
    assert_eq!(project.standing().await, None);
    assert!(project.function("drain-hermes").await.is_null());
    assert_eq!(project.messages("troops").await, Some(5));
    assert_eq!(project.messages("troops-dlq").await, Some(0));
    assert!(project.has_table().await);
    assert!(project.objects(&project.results()).await.is_some());
    assert_eq!(project.objects(&project.artifacts()).await, None, "programs are made anew");

    let again = project.json(&["destroy", "--yes"]);
    assert_eq!(again["done"], "nothing");
    assert_eq!(again["stays"].as_array().unwrap().len(), 6, "{again}");
    assert_eq!(project.messages("troops").await, Some(5));

    let gone = project.json(&["destroy", "--yes", "--delete-data"]);
    assert_eq!(gone["goes"].as_array().unwrap().len(), 6, "{gone}");
    nothing_is_left(&project).await;
    assert_eq!(project.json(&["destroy", "--yes", "--delete-data"])["done"], "nothing");
}

#[tokio::test]
async fn stack_and_data_go_at_once_whatever_is_in_them() {
    let project = Project::new();
    let neighbour = Project { stack: format!("{}-b", project.stack), ..Project::new() };
    neighbour.configure("", "");
    project.json(&["deploy", "--yes"]);
    neighbour.json(&["deploy", "--yes"]);
    project.push(3);
    neighbour.push(2);
    put_versions(&project).await;
    project.json(&["destroy", "--yes", "--delete-data"]);
    nothing_is_left_but(&project, "-b-").await;
    assert_eq!(neighbour.messages("troops").await, Some(2), "a stack with a longer name is another one");
}

async fn nothing_is_left(project: &Project) {
    nothing_is_left_but(project, "nothing").await;
}

async fn nothing_is_left_but(project: &Project, other: &str) {
    assert_eq!(project.standing().await, None);
    let queues = project.queues().await.into_iter().filter(|url| !url.contains(other));
    assert_eq!(queues.collect::<Vec<_>>(), Vec::<String>::new());
    assert!(!project.has_table().await);
    assert_eq!(project.objects(&project.results()).await, None);
    assert_eq!(project.objects(&project.artifacts()).await, None);
}

/// Objects with older versions, and one of which only a marker is left.
async fn put_versions(project: &Project) {
    let bucket = format!("{}/{}", project.url, project.results());
    let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let put = |url: String, body: &str| {
        crate::rest::request("s3", reqwest::Method::PUT, url, &[], body.as_bytes().to_vec())
    };
    assert!(put(format!("{bucket}?versioning"), versioning).await.status().is_success());
    for (key, body) in [("troops/a", "1"), ("troops/a", "2"), ("troops/b", "1")] {
        assert!(put(format!("{bucket}/{key}"), body).await.status().is_success());
    }
    let url = format!("{bucket}/troops/b");
    let deleted = crate::rest::request("s3", reqwest::Method::DELETE, url, &[], Vec::new()).await;
    assert!(deleted.status().is_success());
}
