//! Every environment variable the program reads, but for secrets (`JOBQ_SECRET_<NAME>`).

use std::path::PathBuf;

use crate::failure::Failure;

/// Chooses the backend, as `--backend` does.
pub(crate) const BACKEND: &str = "JOBQ_BACKEND";

/// Where jobq.toml lies, as `--config` does.
pub(crate) const CONFIG: &str = "JOBQ_CONFIG";

/// Asks for log lines on standard error: `error`, `warn`, `info` or `debug`, and `,json` behind it for JSON lines.
pub(crate) const LOG: &str = "JOBQ_LOG";

/// Asks programs for no colour, if it is set to anything: <https://no-color.org>.
pub(crate) const NO_COLOR: &str = "NO_COLOR";

/// The folder that the program itself is in.
pub(crate) fn own_folder() -> Result<PathBuf, Failure> {
    let failed = |why: String| Failure::failed(format!("find out where jobq itself is: {why}"));
    let own = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    own.parent().map(PathBuf::from).ok_or_else(|| failed(own.display().to_string()))
}

/// The value of a variable, if it is set to something.
#[allow(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
