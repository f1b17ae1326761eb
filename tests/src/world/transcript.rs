//! A screen as it is stored: what is typed, and below each line what the program showed.
//!
//! ```text
//! world drained
//!
//! # Which queues there are.
//! $ jobq queue ls
//! QUEUE    READY ...
//!
//! $ jobq queue show nope
//! ! error: there is no queue 'nope'
//! (exit code 2)
//! ```
//!
//! The lines that begin with `$` are the case, the rest is what must come of it. Lines of standard error begin with `!`.
//! A command is a line of the shell, so that a pipe, a variable or a file are nothing special. JSON is laid out, and what
//! differs from run to run has a word in its place ([`super::volatile`]).

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use super::jobq::Ended;
use super::volatile;

/// A stored screen.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// The file it is stored in.
    pub path: PathBuf,
    /// Which files and tasks there are before the first line is typed.
    pub world: String,
    /// What is typed, in order.
    pub steps: Vec<Step>,
    stored: String,
}

/// One line that is typed, and what is said about it before.
#[derive(Debug, Clone)]
pub struct Step {
    remarks: Vec<String>,
    pub command: String,
}

impl Transcript {
    /// Every screen of a folder, by name.
    pub fn all(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> = entries.collect();
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Self {
        let stored = fs::read_to_string(&path).unwrap();
        let world = stored.lines().next().and_then(|line| line.strip_prefix("world "));
        let world = world.unwrap_or_else(|| panic!("{} doesn't begin with 'world NAME'", path.display()));
        let (mut steps, mut remarks) = (Vec::new(), Vec::new());
        for line in stored.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step { remarks: std::mem::take(&mut remarks), command: command.to_owned() });
            } else if line.starts_with("# ") {
                remarks.push(line.to_owned());
            }
        }
        Self { world: world.to_owned(), path, steps, stored }
    }

    /// Types every line in `folder`, `variables` set, and answers what is wrong: that something else is shown than what
    /// is stored. With `JOBQ_BLESS` set it is stored instead.
    pub fn problem(&self, folder: &Path, variables: &[(&str, String)]) -> Option<String> {
        let shown = self.typed(folder, variables);
        if env::var_os("JOBQ_BLESS").is_some() {
            fs::write(&self.path, &shown).unwrap();
            return None;
        }
        (shown != self.stored).then(|| format!("{} is now\n{shown}", self.path.display()))
    }

    fn typed(&self, folder: &Path, variables: &[(&str, String)]) -> String {
        let steps = self.steps.iter().map(|step| {
            let ended = shell(folder, &step.command, variables);
            let remarks = step.remarks.iter().map(|remark| format!("{remark}\n")).collect::<String>();
            format!("\n{remarks}$ {}\n{}", step.command, shown(&step.command, &ended, folder))
        });
        format!("world {}\n{}", self.world, steps.collect::<String>())
    }
}

/// Runs a line of the shell in which `jobq` is the program under test.
pub(super) fn shell(folder: &Path, line: &str, variables: &[(&str, String)]) -> Ended {
    let program = env::var_os("JOBQ_BIN").expect("JOBQ_BIN is not set: run the tests with ./test.sh");
    let beside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(program, beside.path().join("jobq")).unwrap();
    let path = format!("{}:{}", beside.path().display(), env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).stdin(Stdio::null());
    // Nobody's settings, and no AWS but the one that is given.
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("JOBQ_") || name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env_remove("COLUMNS").env("PATH", path).env("HOME", folder);
    command.env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().cloned());
    Ended::from(command.output().unwrap())
}

/// What a command has shown, as it is stored.
fn shown(command: &str, ended: &Ended, folder: &Path) -> String {
    let data = if command.contains(" --json") { laid_out(&ended.stdout) } else { ended.stdout.clone() };
    let notes = ended.stderr.lines().map(|line| format!("! {line}\n")).collect::<String>();
    let code = match ended.code {
        Some(0) => String::new(),
        code => format!("(exit code {})\n", code.unwrap_or(-1)),
    };
    let plain = |text: &str| volatile::without(text, folder);
    let text = format!("{}{}{code}", plain(&data), plain(&notes));
    let ambiguous = |line: &str| line.starts_with("$ ") || line.starts_with("# ");
    assert!(!text.lines().any(ambiguous), "a line can't be told from the case itself: {text}");
    text
}

/// Each line of JSON over several. What a pipe has left of one is shown as it is.
fn laid_out(lines: &str) -> String {
    let line = |line: &str| match serde_json::from_str(line) {
        Ok(value) => {
            format!("{}\n", serde_json::to_string_pretty(&volatile::without_figures(value)).unwrap())
        }
        Err(_) => format!("{line}\n"),
    };
    lines.lines().map(line).collect()
}
