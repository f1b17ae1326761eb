//! A folder with a jobq.toml, the API its tasks call, and the program's way to its backend.

use std::process::{Child, Command, Stdio};

use jobq_tests::aws::{unique, variables};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq};
use serde_json::Value;

use crate::api::{Api, FAILURES, RATE};

/// Where operators work.
pub(crate) struct Office {
    pub(crate) api: Api,
    pub(crate) folder: Folder,
    backend: String,
    environment: Vec<(&'static str, String)>,
}

impl Office {
    /// An office over the local backend.
    pub(crate) fn local() -> Self {
        Self::over(String::new(), Vec::new())
    }

    /// An office over a stack in a stand-in for AWS.
    pub(crate) fn aws(url: &str, stack: &str) -> Self {
        let backend = format!("backend = \"aws\"\n[aws]\nstack = \"{stack}\"\n");
        Self::over(backend, variables(url).to_vec())
    }

    fn over(backend: String, environment: Vec<(&'static str, String)>) -> Self {
        let office = Self { api: Api::start(), folder: Folder::new(), backend, environment };
        office.configure("none");
        office
    }

    /// Writes the configuration with this rate.
    fn configure(&self, rate: &str) {
        let (port, backend) = (self.api.nginx.port, &self.backend);
        let config = format!(
            "{backend}
             [limits.api]
             rate = \"{rate}\"
             burst = 2
             hosts = [\"127.0.0.1:{port}\", \"localhost:{port}\"]
             allow_private = true
             max_in_flight = 400
             [queues.troops]
             limit = \"api\"
             timeout = \"3s\"
             retry = {{ max_attempts = 1 }}"
        );
        self.folder.file("jobq.toml", config);
    }

    /// The program with these arguments.
    pub(crate) fn jobq(&self, args: &[&str]) -> Command {
        let mut command = jobq(self.folder.path(), args);
        command.envs(self.environment.clone()).stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::from(self.jobq(args).output().unwrap())
    }

    /// Starts the program, its output kept for its end.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.jobq(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Kills `count` tasks in two batches: as many of each failure, half of them by each of two names of the host.
    pub(crate) fn kill(&self, count: usize) {
        let port = self.api.nginx.port;
        for batch in ["a", "b"] {
            let task = |number: usize| {
                let failure = FAILURES[number % FAILURES.len()];
                let host = if number.is_multiple_of(2) { "127.0.0.1" } else { "localhost" };
                let id = format!("{batch}-{number}");
                let url = format!("http://{host}:{port}/v1/{failure}/{id}");
                let body = format!(r#"{{"n": {number}.0}}"#);
                format!("{{\"id\": \"{id}\", \"url\": \"{url}\", \"body\": {body}}}\n")
            };
            let tasks: String = (0..count / 2).map(task).collect();
            self.folder.file("tasks.jsonl", tasks);
            self.run(&["push", "troops", "tasks.jsonl", "--batch", batch]).with_code(0);
        }
        self.run(&["drain", "--until-empty"]).with_code(3);
        self.configure(&format!("{RATE}/s"));
    }

    /// Every letter that an export, filtered so, has.
    pub(crate) fn export(&self, filter: &[&str]) -> Vec<Value> {
        lines(&self.run(&[&["dlq", "export", "troops"], filter].concat()).with_code(0))
    }

    /// Every letter that a list, filtered so, has.
    pub(crate) fn list(&self, filter: &[&str]) -> Vec<Value> {
        lines(
            &self
                .run(&[&["dlq", "ls", "troops", "--json", "--limit", "1000000"], filter].concat())
                .with_code(0),
        )
    }

    /// One count of the queue, as `status` tells it.
    pub(crate) fn count(&self, kind: &str) -> u64 {
        let status = self.run(&["status", "--json"]).with_code(0).json();
        status["queues"][0][kind].as_u64().unwrap()
    }
}

/// A name for a stack of one's own.
pub(crate) fn stack() -> String {
    unique("s")
}

fn lines(ended: &Ended) -> Vec<Value> {
    let mut lines: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["dead"]["letter"].as_str().unwrap().to_owned());
    lines
}
