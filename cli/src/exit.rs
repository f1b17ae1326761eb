//! Exit codes.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Fine,
    /// It could not be done.
    Failed,
    /// The command line or the configuration is wrong; nothing was done.
    Usage,
    /// It was done, and some tasks are dead.
    DeadTasks,
    /// It was done, and a limit was found to be passed.
    LimitPassed,
}

/// The table of exit codes, as the help shows it.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  fine
  1  failed
  2  wrong usage or configuration
  3  finished, with dead tasks; or a limit was passed";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::DeadTasks | Exit::LimitPassed => 3,
        })
    }
}
