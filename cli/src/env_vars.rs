//! Every environment variable the program reads, but for secrets (`JOBQ_SECRET_<NAME>`) and those that say whether and
//! how spans are sent (`jobq_core::policy::exporting`).

use std::ffi::OsString;
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

/// How characters are written here; the first that is set holds: `C.UTF-8`.
pub(crate) const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// Which new traces are recorded.
pub(crate) const SAMPLER: &str = "OTEL_TRACES_SAMPLER";

/// The share of them, where the sampler takes one.
pub(crate) const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";

/// The trace that the program is called in, as tools of continuous integration set it.
pub(crate) const TRACEPARENT: &str = "TRACEPARENT";

/// The file of the program itself.
pub(crate) fn own_file() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::failed(format!("find out where jobq itself is: {error}")))
}

/// The folder that the program itself is in.
pub(crate) fn own_folder() -> Result<PathBuf, Failure> {
    let mut own = own_file()?;
    own.pop();
    Ok(own)
}

/// What the program was started with, after its name.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os().skip(1)
}

/// The value of a variable, if it is set to something.
#[allow(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether the terminal is said to show more characters than those of ASCII.
pub(crate) fn is_utf8() -> bool {
    let locale = LOCALE.iter().find_map(|name| read(name)).unwrap_or_default().to_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}
