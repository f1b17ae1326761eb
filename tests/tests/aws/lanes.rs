//! Lanes as SQS queues of their own, drained by the program. Everything is counted in calls of one run, so that a slow
//! machine, which makes all of them later, breaks nothing: at 50 a second five seconds are 250 calls.

use std::process::Stdio;

use jobq_core::stack::Stack;
use jobq_tests::aws::{ministack, variables};
use jobq_tests::world::access_log::{beginning, pace, until_last};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, stop};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;
use serde_json::{Value, json};

use crate::{parts, rest};

/// Queues of one limit in a stack of their own, and the API.
struct World {
    url: String,
    stack: Stack,
    folder: Folder,
    api: Nginx,
}

impl World {
    async fn make(rate: usize, aws: &str, queues: &[(&str, usize)]) -> Self {
        let (url, stack) = (ministack().url(), parts::new_stack());
        parts::make_table(&url, &stack).await;
        let mut text = format!(
            "backend = \"aws\"\n[aws]\nstack = \"{}\"\n{aws}\n[limits.api]\nrate = \"{rate}/s\"\n\
             hosts = [\"127.0.0.1\"]\nallow_private = true\n",
            stack.name
        );
        for (queue, weight) in queues {
            text += &format!("[queues.{queue}]\nlimit = \"api\"\nweight = {weight}\n");
            let name = queue.parse().unwrap();
            for name in stack.lanes(&name).into_iter().chain([stack.dead_letter_queue(&name)]) {
                rest::call(&url, "AmazonSQS.CreateQueue", &json!({ "QueueName": name })).await;
            }
        }
        let folder = Folder::new();
        folder.file("jobq.toml", text);
        Self { url, stack, folder, api: Nginx::open("") }
    }

    fn command(&self, typed: &[&str]) -> std::process::Command {
        let mut command = jobq(self.folder.path(), typed);
        command.envs(variables(&self.url)).stdin(Stdio::null());
        command
    }

    fn jobq(&self, typed: &[&str]) -> Ended {
        Ended::from(self.command(typed).output().unwrap()).with_code(0)
    }

    /// Pushes so many urls below `/name/`.
    fn push(&self, queue: &str, name: &str, tasks: usize, more: &[&str]) -> Value {
        let file = format!("{name}.txt");
        let urls: String = (1..=tasks).map(|number| self.api.url(&format!("/{name}/{number}\n"))).collect();
        self.folder.file(&file, urls);
        self.jobq(&[&["push", queue, &file, "--json"], more].concat()).json()
    }

    /// The messages of an SQS queue, the first ten, as SQS shows them.
    async fn messages(&self, name: String) -> Vec<Value> {
        let found = rest::call(&self.url, "AmazonSQS.GetQueueUrl", &json!({ "QueueName": name })).await;
        let ask = json!({
            "QueueUrl": found["QueueUrl"],
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": 0,
            "MessageSystemAttributeNames": ["MessageGroupId"],
        });
        let told = rest::call(&self.url, "AmazonSQS.ReceiveMessage", &ask).await;
        told["Messages"].as_array().cloned().unwrap_or_default()
    }
}

#[tokio::test]
async fn a_small_push_passes_a_large_one_within_five_seconds() {
    let world = World::make(50, "", &[("troops", 1)]).await;
    assert_eq!(world.push("troops", "many", 20_000, &[])["to_bulk"], 20_000);
    let drain = world.command(&["drain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the drain goes on evenly", || world.api.calls().len() >= 110);
    // Once while the lane was asked in quick succession, and once after it was empty for long.
    for name in ["few", "urgent"] {
        let before = world.api.calls().len();
        world.push("troops", name, 5, &[]);
        until("the few are done", || beginning(&world.api.calls(), &format!("/{name}/")) == 5);
        until("others went on", || world.api.calls().len() >= before + 250);
        let calls = &world.api.calls()[before..];
        let last = until_last(calls, &format!("/{name}/"));
        println!("the last of five was among the {last} calls after the push began");
        assert!(last <= 250, "{last}");
        assert!(beginning(&calls[..250], "/many/") >= 200, "{calls:?}");
    }
    stop(drain).with_code(0);
}

#[tokio::test]
async fn p3_weights_three_to_one_are_kept_and_nobody_waits_for_an_empty_queue() {
    let world = World::make(100, "", &[("three", 3), ("one", 1)]).await;
    world.push("three", "three", 450, &[]);
    world.push("one", "one", 450, &[]);
    world.jobq(&["drain", "--until-empty"]);
    let calls = world.api.calls();
    let both = &calls[..500];
    let (three, one) = (beginning(both, "/three/"), beginning(both, "/one/"));
    println!("three {three}, one {one}");
    assert!(three.abs_diff(375) <= 19, "three {three}, one {one}");
    let alone = &calls[calls.len() - 200..];
    assert_eq!(beginning(alone, "/one/"), 200);
    println!("{:.1} a second together, {:.1} alone", pace(both), pace(alone));
}

/// A purge empties every lane, and status counts them together.
#[tokio::test]
async fn lanes_are_counted_and_purged_together() {
    let world = World::make(50, "", &[("troops", 1)]).await;
    for priority in ["high", "normal", "bulk"] {
        world.push("troops", priority, 2, &["--priority", priority]);
    }
    let ready = || world.jobq(&["queue", "show", "troops", "--json"]).json()["ready"].clone();
    assert_eq!(ready(), 6);
    world.jobq(&["queue", "purge", "troops", "--yes"]);
    assert_eq!(ready(), 0);
}

/// SQS learns the batch of a task only where it is asked to be fair, for that costs more.
#[tokio::test]
async fn a_batch_is_a_message_group_where_that_is_asked_for() {
    for (aws, group) in [("", Value::Null), ("fair_queues = true", json!("monday"))] {
        let world = World::make(50, aws, &[("troops", 1)]).await;
        world.push("troops", "few", 1, &["--batch", "monday"]);
        let messages = world.messages(world.stack.queue(&"troops".parse().unwrap())).await;
        assert_eq!(messages[0]["Attributes"]["MessageGroupId"], group, "{messages:?}");
    }
}
