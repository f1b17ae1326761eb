//! Every environment variable the program reads, but for secrets (`JOBQ_SECRET_<NAME>`).

/// Chooses the backend, as `--backend` does.
pub(crate) const BACKEND: &str = "JOBQ_BACKEND";

/// Where jobq.toml lies, as `--config` does.
pub(crate) const CONFIG: &str = "JOBQ_CONFIG";

/// The value of a variable, if it is set to something.
#[allow(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
