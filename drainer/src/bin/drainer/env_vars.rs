//! Every environment variable the drainer's function reads, but for those of the AWS SDK.

/// `JOBQ_LIMIT`: the limit whose queues it drains. The stack's template sets it.
pub(crate) const LIMIT: &str = jobq_core::stack::LIMIT_VARIABLE;

/// Where the function's code lies, jobq.toml beside it. Lambda sets it.
pub(crate) const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// The value of a variable, if it is set to something.
#[allow(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
pub(crate) fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
