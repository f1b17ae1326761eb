//! A server from the virtual environment that `./test.sh` makes, kept alive by its owner alone.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Runs the server and ends it: no destructor runs when a test process is killed, or for what is static.
const KEEPER: &str = include_str!("keeper.py");

/// How often a server may lose the race for its port.
const STARTS: usize = 3;

/// How much of a server's log is shown when it doesn't start.
const SHOWN_LINES: usize = 40;

/// Says how a server is started on a port of loopback.
pub(super) struct Recipe {
    /// Its program in the virtual environment.
    pub(super) program: &'static str,
    /// What answers 200 when it is ready.
    pub(super) ready_path: &'static str,
    pub(super) arguments: fn(u16) -> Vec<String>,
    pub(super) variables: Box<dyn Fn(u16) -> Vec<(&'static str, String)>>,
}

/// A running server. It ends with this value, or with this process, however that ends.
pub(super) struct Emulator {
    keeper: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Emulator {
    pub(super) fn start(recipe: &Recipe) -> Self {
        let mut last_log = String::new();
        for _ in 0..STARTS {
            match Self::try_start(recipe) {
                Ok(emulator) => return emulator,
                Err(log) => last_log = log,
            }
        }
        panic!("{} hasn't started; its log ends with\n{last_log}", recipe.program);
    }

    /// The server, or the end of its log: another process may have taken the port meanwhile.
    fn try_start(recipe: &Recipe) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let log = File::create(log_in(folder.path())).unwrap();
        let mut keeper = Command::new(program("python"))
            .args(["-c", KEEPER])
            .arg(folder.path())
            .arg(format!("http://127.0.0.1:{port}{}", recipe.ready_path))
            .arg(program(recipe.program))
            .args((recipe.arguments)(port))
            // Nothing of the host's environment: a function run by the server would see it.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(["HOME", "TMPDIR"].map(|name| (name, folder.path())))
            .envs((recipe.variables)(port))
            .current_dir(folder.path())
            // Ctrl-C is for the tests; the keeper sees them end.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(keeper.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let emulator = Self { keeper, folder, port };
        if said == "ready\n" { Ok(emulator) } else { Err(emulator.end_of_log()) }
    }

    /// Without a slash at its end.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has written so far.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(log_in(self.folder.path())).unwrap()).into_owned()
    }

    fn end_of_log(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Its standard input closes: see keeper.py.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A program of the virtual environment.
///
/// # Panics
/// If there is no virtual environment, or no such program in it.
pub fn program(name: &str) -> PathBuf {
    let how = "run the tests with ./test.sh, or run it once and then `export JOBQ_VENV=$PWD/target/venv`";
    let folder: OsString =
        std::env::var_os("JOBQ_VENV").unwrap_or_else(|| panic!("JOBQ_VENV is not set: {how}"));
    let program = Path::new(&folder).join("bin").join(name);
    assert!(program.exists(), "{} is missing: {how}", program.display());
    program
}

fn log_in(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
