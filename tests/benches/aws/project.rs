//! A folder with a jobq.toml and a task file, and the parts of its stack.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jobq_core::stack::Stack;
use jobq_tests::aws::unique;
use tempfile::TempDir;

use crate::cloud::Cloud;
use crate::meter::{self, Usage};
use crate::setup::Setup;

const TASKS_FILE: &str = "tasks.jsonl";

/// One limit without a rate, one queue, one file of tasks, in a stack of their own.
pub(crate) struct Project<'a> {
    cloud: &'a Cloud,
    jobq: PathBuf,
    folder: TempDir,
    queue: String,
}

impl<'a> Project<'a> {
    /// A project whose task file holds `tasks`.
    pub(crate) fn new(setup: &Setup, cloud: &'a Cloud, tasks: &str) -> Result<Self> {
        let stack = Stack { name: unique("s").parse()?, ..Stack::default() };
        let (calls, bucket) = ("calls".parse()?, format!("{}-results", stack.name));
        for lane in stack.lanes(&calls) {
            cloud.make_queue(&lane)?;
        }
        let queue = cloud.make_queue(&stack.queue(&calls))?;
        cloud.make_queue(&stack.dead_letter_queue(&calls))?;
        cloud.make_table(&stack.ledger())?;
        cloud.make_bucket(&bucket)?;
        let folder = tempfile::tempdir()?;
        fs::write(
            folder.path().join("jobq.toml"),
            format!(
                "backend = \"aws\"\n\n[aws]\nstack = \"{}\"\n
                 [limits.api]\nhosts = [\"127.0.0.1\"]\nallow_private = true\nrate = \"none\"\n
                 [queues.calls]\nlimit = \"api\"\nbulk_above = \"never\"\nresults = \"s3://{bucket}/calls\"\n",
                stack.name
            ),
        )?;
        fs::write(folder.path().join(TASKS_FILE), tasks)?;
        Ok(Self { cloud, jobq: setup.jobq.clone(), folder, queue })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The url of its SQS queue.
    pub(crate) fn queue(&self) -> &str {
        &self.queue
    }

    /// Pushes the task file.
    pub(crate) fn push(&self) -> Result<Usage> {
        self.run(&self.jobq, ["--quiet", "push", "calls", TASKS_FILE])
    }

    /// Drains the queue until it is empty.
    pub(crate) fn drain(&self) -> Result<Usage> {
        self.run(&self.jobq, ["--quiet", "drain", "--until-empty"])
    }

    /// Runs a program in the project's folder, with the stand-in for its AWS.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Usage> {
        meter::start_with(self.path(), self.cloud.variables(), program, arguments)?.wait()
    }
}
