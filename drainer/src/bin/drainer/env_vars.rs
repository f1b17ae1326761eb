//! Every environment variable the drainer's function reads, but for those of the AWS SDK and those that say whether and
//! how spans are sent (`jobq_core::policy::exporting`).

use std::ffi::OsString;
use std::path::PathBuf;

use jobq_core::fault::{Fault, FaultKind};

/// `JOBQ_LIMIT`: the limit whose queues it drains. The stack's template sets it.
pub(crate) const LIMIT: &str = jobq_core::stack::LIMIT_VARIABLE;

/// Where the function's code lies, jobq.toml beside it. Lambda sets it.
pub(crate) const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// How much memory the function has, in megabytes. Lambda sets it.
pub(crate) const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// The file of the program itself.
///
/// # Errors
/// It can't be found out.
pub(crate) fn own_file() -> Result<PathBuf, Fault> {
    let failed = |error| Fault::new(FaultKind::Lasting, "find this program's own file").caused_by(error);
    std::env::current_exe().map_err(failed)
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
