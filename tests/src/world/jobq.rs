//! The program under test.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program, to be run in `folder`.
pub fn jobq<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Command {
    let program = std::env::var_os("JOBQ_BIN").expect("JOBQ_BIN is not set: run the tests with ./test.sh");
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    for name in ["JOBQ_CONFIG", "JOBQ_BACKEND", "JOBQ_LOG", "TRACEPARENT"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub fn run<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Ended {
    Ended::from(jobq(folder, args).stdin(Stdio::null()).output().unwrap())
}

/// Starts the program, its output kept for its end.
pub fn start<S: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = S>) -> Child {
    jobq(folder, args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for a started program.
pub fn wait(child: Child) -> Ended {
    Ended::from(child.wait_with_output().unwrap())
}

/// Stops a started program as an operator would, and waits for its end.
pub fn stop(child: Child) -> Ended {
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    wait(child)
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    /// The one JSON object on standard output.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The same run, having ended with this code.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}
