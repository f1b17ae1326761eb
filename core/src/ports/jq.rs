//! Runs jq programs.

use std::future::Future;

use crate::fault::Fault;
use crate::jq::{Failed, Job, Made};

/// Runs jq programs.
pub trait Jq: Send + Sync {
    /// Runs a job's programs.
    ///
    /// Programs come from outside: whatever they do, the answer is there in bounded time, in bounded memory, and they
    /// have seen nothing but their input and variables. What a program did wrong, or had to be broken off for, is
    /// `Failed` and the same each time; a fault is about running programs at all. Dropping the future ends the programs.
    fn run(&self, job: &Job) -> impl Future<Output = Result<Result<Made, Failed>, Fault>> + Send;
}
