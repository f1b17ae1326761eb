//! `jobq status` on AWS: what it asks, what CloudWatch adds to it, and what is left without CloudWatch.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use jobq_core::stack::Stack;
use jobq_tests::aws::proxy::{Proxy, Trouble};
use jobq_tests::aws::{ministack, variables};
use jobq_tests::json_page::JsonPage;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq};
use serde_json::{Value, json};

use crate::history::{put, recent_minute};
use crate::parts;

/// A queue and its limit, behind a proxy that counts.
struct World {
    proxy: Proxy,
    stack: Stack,
    folder: Folder,
}

impl World {
    async fn make() -> Self {
        let (url, stack) = (ministack().url(), parts::new_stack());
        parts::make_table(&url, &stack).await;
        parts::make_troops(&url, &stack).await;
        let proxy = Proxy::start();
        proxy.lead_to(&url);
        let folder = Folder::new();
        folder.file(
            "jobq.toml",
            format!(
                "backend = \"aws\"\n[aws]\nstack = \"{}\"\n[limits.hermes]\nrate = \"50/s\"\n\
                 hosts = [\"127.0.0.1\"]\nallow_private = true\n[queues.troops]\nlimit = \"hermes\"\n",
                stack.name
            ),
        );
        Self { proxy, stack, folder }
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = jobq(self.folder.path(), arguments);
        command.envs(variables(self.proxy.url())).stdin(Stdio::null());
        command
    }

    fn jobq(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    /// Pushes a batch of one task.
    fn push(&self, batch: &str) {
        self.folder.file("task.txt", format!("http://127.0.0.1:9/{batch}\n"));
        self.jobq(&["push", "troops", "task.txt", "--batch", batch]).with_code(0);
    }

    fn status(&self) -> Value {
        let told = self.jobq(&["status", "--json"]).with_code(0).json();
        JsonPage::read().hold(&["status"], &told);
        told
    }

    /// How many requests of this kind have come.
    fn requests(&self, kind: &str) -> u64 {
        let counts = self.proxy.counts();
        counts
            .iter()
            .filter(|(own, _)| own.to_string().starts_with(kind))
            .map(|(_, count)| count.requests)
            .sum()
    }
}

/// Queue attributes, a read for the limit, one for the list of batches and one for each that is shown, and one question to
/// CloudWatch; however many batches and limits the table holds.
#[tokio::test]
async fn a_status_reads_no_table() {
    let world = World::make().await;
    for number in 0..12 {
        world.push(&format!("b{number}"));
    }
    world.proxy.reset();
    let told = world.status();
    let batches: Vec<&str> =
        told["batches"].as_array().unwrap().iter().map(|batch| batch["batch"].as_str().unwrap()).collect();
    assert_eq!(batches, ["b11", "b10", "b9", "b8", "b7"]);
    assert_eq!((&told["batches"][0]["known"], &told["batches"][0]["open"]), (&json!(1), &json!(1)));
    let asked = ["dynamodb Scan", "dynamodb", "sqs GetQueueAttributes", "sqs", "monitoring"];
    assert_eq!(asked.map(|kind| world.requests(kind)), [0, 1 + 1 + 5, 4, 8, 1], "{:?}", world.proxy.counts());
}

/// A push that was cut short between making its batch and noting it is seen again when it goes on.
#[tokio::test]
async fn a_batch_that_was_not_noted_is_noted_when_its_push_goes_on() {
    let world = World::make().await;
    world.push("first");
    // It is made, and whoever made it never hears of it.
    world.proxy.trouble("PutItem", Trouble::LostReply);
    world.folder.file("task.txt", "http://127.0.0.1:9/second\n");
    assert_ne!(world.jobq(&["push", "troops", "task.txt", "--batch", "second"]).code, Some(0));
    world.proxy.mend("PutItem");
    let batches = |told: &Value| told["batches"].as_array().unwrap().len();
    assert_eq!(batches(&world.status()), 1, "it was made and not noted");
    world.jobq(&["push", "troops", "task.txt", "--batch", "second"]).with_code(0);
    let told = world.status();
    assert_eq!((batches(&told), &told["batches"][0]["batch"]), (2, &json!("second")));
}

#[tokio::test]
async fn what_cloudwatch_measured_is_told_with_its_minute() {
    let world = World::make().await;
    let before = world.status();
    let unknown = |told: &Value| {
        let queue = &told["queues"][0];
        ["added_per_minute", "settled_per_minute", "oldest_seconds", "measured_at"]
            .iter()
            .all(|key| queue[key] == Value::Null)
    };
    assert!(unknown(&before), "what wasn't measured is no zero: {before}");
    assert!(!world.jobq(&["status"]).with_code(0).stdout.contains("AS OF"));

    let minute = recent_minute() - 2 * 60;
    let queue = world.stack.queue(&"troops".parse().unwrap());
    put(&queue, "NumberOfMessagesSent", minute, 1_203.0).await;
    put(&queue, "ApproximateAgeOfOldestMessage", minute, 130.0).await;
    let told = world.status();
    let queue = &told["queues"][0];
    let at = jobq_core::time::Timestamp::from_secs(minute).to_string();
    assert_eq!(
        (&queue["added_per_minute"], &queue["settled_per_minute"], &queue["oldest_seconds"]),
        (&json!(1_203), &Value::Null, &json!(130.0))
    );
    assert_eq!(queue["measured_at"], json!(at));
    let text = world.jobq(&["queue", "ls"]).with_code(0).stdout;
    assert!(text.contains("AS OF") && text.contains(&format!("{}Z", &at[11..16])), "{text}");
    assert!(text.contains("1,203") && text.contains("2m 10s"), "{text}");

    world.proxy.trouble("monitoring", Trouble::Refused);
    let without = world.jobq(&["status", "--json"]).with_code(0);
    assert!(unknown(&without.json()));
    let warned = "warning: added, settled and oldest stay unknown: read the last minutes of the queues";
    assert!(without.stderr.starts_with(warned), "{without:?}");
}

/// Each question costs money, and there is something new once a minute.
#[tokio::test]
async fn a_watch_asks_cloudwatch_once_a_minute() {
    let world = World::make().await;
    let mut watch = world.command(&["status", "--watch", "--interval", "10ms", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines().take(5);
    let lines: Vec<String> = lines.map(|line| line.unwrap()).collect();
    watch.kill().unwrap();
    watch.wait().unwrap();
    assert_eq!(lines.len(), 5);
    assert!(world.requests("sqs GetQueueAttributes") >= 10);
    assert_eq!(world.requests("monitoring"), 1, "{:?}", world.proxy.counts());
}
