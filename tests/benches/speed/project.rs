//! A folder with a jobq.toml and a task file, as a user would have it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::meter::{self, Running, Usage};
use crate::setup::Setup;

/// The task file's name.
pub(crate) const TASKS_FILE: &str = "tasks.jsonl";

const RESULTS_FILE: &str = "results.jsonl";

/// One limit, one queue, one file of tasks.
pub(crate) struct Project {
    jobq: PathBuf,
    folder: TempDir,
}

impl Project {
    /// A project whose limit has these lines in jobq.toml, and whose task file holds `tasks`.
    pub(crate) fn new(setup: &Setup, limit: &str, tasks: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(
            folder.path().join("jobq.toml"),
            format!(
                "[limits.api]\nhosts = [\"127.0.0.1\"]\nallow_private = true\n{limit}\n
                 [queues.calls]\nlimit = \"api\"\nresults = \"{RESULTS_FILE}\"\n"
            ),
        )?;
        fs::write(folder.path().join(TASKS_FILE), tasks)?;
        let jobq = setup.jobq.clone();
        Ok(Self { jobq, folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Pushes the task file.
    pub(crate) fn push(&self) -> Result<Usage> {
        self.run(&["push", "calls", TASKS_FILE])
    }

    /// Drains the queue with one process, and looks whether every one of `tasks` has its result.
    pub(crate) fn drain(&self, tasks: usize) -> Result<Usage> {
        let used = self.start_drain()?.wait()?;
        self.check_results(tasks)?;
        Ok(used)
    }

    /// Starts a process that drains the queue until it is empty.
    pub(crate) fn start_drain(&self) -> Result<Running> {
        meter::start(self.path(), &self.jobq, ["--quiet", "drain", "--until-empty"])
    }

    /// Looks whether every one of `tasks` has its result: what was quick because it did less is no figure.
    pub(crate) fn check_results(&self, tasks: usize) -> Result<()> {
        let results = fs::read(self.path().join(RESULTS_FILE))?;
        let lines = results.iter().filter(|byte| **byte == b'\n').count();
        ensure!(lines == tasks, "{lines} results of {tasks} tasks");
        Ok(())
    }

    /// Runs the program.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Usage> {
        meter::run(self.path(), &self.jobq, ["--quiet"].iter().chain(arguments))
    }
}
