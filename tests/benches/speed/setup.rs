//! What the benchmark was asked for, and the programs it needs.

use std::env;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// What to measure, how often, and with which programs.
pub(crate) struct Setup {
    pub(crate) jobq: PathBuf,
    /// The load generator, where it is installed.
    pub(crate) oha: Option<PathBuf>,
    pub(crate) times: usize,
    selected: Vec<String>,
}

impl Setup {
    /// Reads the command line; `names` are those that can be selected.
    pub(crate) fn read(arguments: &[String], names: &[&str]) -> Result<Self> {
        let (mut times, mut selected) = (3, Vec::new());
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                // cargo says so to every benchmark.
                "--bench" => {}
                "--times" => times = rest.next().context("--times: how often?")?.parse()?,
                name if names.contains(&name) => selected.push(name.to_owned()),
                other => bail!("there is no '{other}': select from {}", names.join(", ")),
            }
        }
        ensure!(times > 0, "--times: at least 1");
        need_nginx()?;
        Ok(Self { jobq: jobq()?, oha: on_path("oha"), times, selected })
    }

    /// Whether a benchmark was selected; without a name, all are.
    pub(crate) fn selects(&self, name: &str) -> bool {
        self.selected.is_empty() || self.selected.iter().any(|selected| selected == name)
    }
}

/// How the benchmark ends, and why where it failed.
pub(crate) fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The program as it is shipped: `JOBQ_BIN`, or the one in the target folder this benchmark was built into.
fn jobq() -> Result<PathBuf> {
    let program = match env::var_os("JOBQ_BIN") {
        Some(named) => PathBuf::from(named),
        // This benchmark is target/release/deps/speed-0123abcd.
        None => env::current_exe()?.ancestors().nth(2).context("the target folder")?.join("jobq"),
    };
    ensure!(program.is_file(), "{} is missing: type cargo build --release -p jobq", program.display());
    Ok(program.canonicalize()?)
}

fn need_nginx() -> Result<()> {
    let version = Command::new("nginx").arg("-v").stderr(Stdio::null()).status();
    ensure!(
        version.is_ok_and(|status| status.success()),
        "nginx is missing: install it (Debian: sudo apt-get install nginx-light), \
         and have it on PATH (Debian: export PATH=$PATH:/usr/sbin)"
    );
    Ok(())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}
