//! A folder with a jobq.toml, a stack of its own, and jobq run in it.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use jobq_tests::aws::{ministack, program, unique, variables};
use jobq_tests::json_page::JsonPage;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq};
use serde_json::{Value, json};

use crate::rest;

/// What MiniStack calls the only account there is.
const ACCOUNT: &str = "000000000000";

/// A folder with a jobq.toml and a stack that no other test has.
pub(super) struct Project {
    pub(super) stack: String,
    pub(super) folder: Folder,
    pub(super) url: String,
}

impl Project {
    /// One queue, `troops`, whose results go to the stack's own bucket. Nobody drains it unless told to.
    pub(super) fn new() -> Self {
        let project = Self { stack: unique("d"), folder: Folder::new(), url: ministack().url() };
        project.configure("", "");
        project
    }

    /// Writes jobq.toml anew, with more settings under `[aws]` and more sections at its end.
    pub(super) fn configure(&self, aws: &str, more: &str) {
        let text = format!(
            "backend = \"aws\"\n[aws]\nstack = \"{}\"\narchitecture = \"x86_64\"\n{aws}\n\
             [limits.hermes]\nrate = \"50/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
             drainers = {{ max = 2, autoscale = false }}\n\
             [queues.troops]\nlimit = \"hermes\"\nresults = \"troops\"\n{more}\n",
            self.stack
        );
        self.folder.file("jobq.toml", text);
    }

    /// Runs jobq to its end, without a terminal.
    pub(super) fn jobq(&self, arguments: &[&str]) -> Ended {
        let mut command = jobq(self.folder.path(), arguments);
        Ended::from(command.envs(variables(&self.url)).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs jobq on a terminal on which this is typed; what it prints comes back as one text.
    pub(super) fn jobq_on_terminal(&self, arguments: &[&str], typed: &str) -> Ended {
        let mut child = self.on_terminal(arguments);
        writeln!(child.stdin.as_mut().unwrap(), "{typed}").unwrap();
        Ended::from(child.wait_with_output().unwrap())
    }

    /// The same, and something else happens between the question and the answer, which is yes.
    pub(super) async fn jobq_on_terminal_while(&self, arguments: &[&str], meanwhile: impl Future) -> Ended {
        let mut child = self.on_terminal(arguments);
        let (mut asked, mut byte) = (Vec::new(), [0]);
        while !asked.ends_with(b"to go on: ") {
            child.stdout.as_mut().unwrap().read_exact(&mut byte).unwrap();
            asked.extend_from_slice(&byte);
        }
        meanwhile.await;
        writeln!(child.stdin.as_mut().unwrap(), "yes").unwrap();
        Ended::from(child.wait_with_output().unwrap())
    }

    fn on_terminal(&self, arguments: &[&str]) -> Child {
        const TERMINAL: &str =
            "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        let own = jobq(self.folder.path(), arguments);
        let mut command = Command::new(program("python"));
        command.args(["-c", TERMINAL]).arg(own.get_program()).args(own.get_args());
        command.current_dir(self.folder.path()).envs(variables(&self.url));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The same, which must end well; its JSON, which is what docs/json.md says.
    #[track_caller]
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let typed: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let printed = self.jobq(&typed).with_code(0).json();
        JsonPage::read().hold(arguments, &printed);
        printed
    }

    /// Pushes this many tasks.
    pub(super) fn push(&self, count: usize) {
        let urls: String = (0..count).map(|number| format!("http://127.0.0.1:9/{number}\n")).collect();
        self.folder.file("tasks.txt", urls);
        self.jobq(&["push", "troops", "tasks.txt"]).with_code(0);
    }

    /// How many messages a queue of the stack has; none if there is no such queue.
    pub(super) async fn messages(&self, queue: &str) -> Option<u64> {
        let body = json!({ "QueueUrl": self.queue(queue).await?, "AttributeNames": ["All"] });
        let told = rest::call(&self.url, "AmazonSQS.GetQueueAttributes", &body).await;
        told["Attributes"]["ApproximateNumberOfMessages"].as_str()?.parse().ok()
    }

    /// The url of a queue of the stack; none if there is no such queue.
    pub(super) async fn queue(&self, queue: &str) -> Option<String> {
        let name = format!("/{}-{queue}", self.stack);
        self.queues().await.into_iter().find(|url| url.ends_with(&name))
    }

    /// The urls of all queues whose names begin with the stack's.
    pub(super) async fn queues(&self) -> Vec<String> {
        let body = json!({ "QueueNamePrefix": format!("{}-", self.stack) });
        let told = rest::call(&self.url, "AmazonSQS.ListQueues", &body).await;
        let urls = told["QueueUrls"].as_array().cloned().unwrap_or_default();
        urls.iter().map(|url| url.as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn has_table(&self) -> bool {
        let told = rest::call(&self.url, "DynamoDB_20120810.ListTables", &json!({})).await;
        told["TableNames"].as_array().unwrap().contains(&json!(format!("{}-ledger", self.stack)))
    }

    pub(super) fn results(&self) -> String {
        format!("{}-results-{ACCOUNT}-us-east-1", self.stack)
    }

    pub(super) fn artifacts(&self) -> String {
        format!("{}-artifacts-{ACCOUNT}-us-east-1", self.stack)
    }

    /// What a bucket answers to a list of its objects; none if there is no such bucket.
    pub(super) async fn objects(&self, bucket: &str) -> Option<String> {
        let url = format!("{}/{bucket}?list-type=2", self.url);
        let told = rest::request("s3", reqwest::Method::GET, url, &[], Vec::new()).await;
        if told.status().is_success() { Some(told.text().await.unwrap()) } else { None }
    }

    /// What Lambda says of a function; null if there is none.
    pub(super) async fn function(&self, name: &str) -> Value {
        let url = format!("{}/2015-03-31/functions/{}-{name}/configuration", self.url, self.stack);
        let told = rest::request("lambda", reqwest::Method::GET, url, &[], Vec::new()).await;
        if told.status().is_success() { told.json().await.unwrap() } else { Value::Null }
    }

    /// How the stack stands; none if there is none.
    pub(super) async fn standing(&self) -> Option<String> {
        let told = self.formation("DescribeStacks").await;
        let after = told.split_once("<StackStatus>")?.1;
        after.split_once('<').map(|(status, _)| status.to_owned())
    }

    /// How many change sets the stack has.
    pub(super) async fn change_sets(&self) -> usize {
        self.formation("ListChangeSets").await.matches("<ChangeSetId>").count()
    }

    /// Leaves a change set that would make a stack of this template, and nobody to execute it.
    pub(super) async fn propose(&self, template: &str) {
        let more = format!("&ChangeSetName=left&ChangeSetType=CREATE&TemplateBody={template}");
        let told = self.formation(&format!("CreateChangeSet{more}")).await;
        assert!(told.contains("<StackId>"), "{told}");
    }

    /// Makes a stack of this template, without jobq.
    pub(super) async fn make(&self, template: &str) {
        let told = self.formation(&format!("CreateStack&TemplateBody={template}")).await;
        assert!(told.contains("<StackId>"), "{told}");
    }

    async fn formation(&self, action: &str) -> String {
        let body = format!("Action={action}&Version=2010-05-15&StackName={}", self.stack);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let told =
            rest::request("cloudformation", reqwest::Method::POST, self.url.clone(), &headers, body.into());
        told.await.text().await.unwrap()
    }
}
