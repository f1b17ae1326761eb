//! jq programs, of a configuration and of the command line: looked at before anything is done with them, and run in
//! processes of this program.

use jobq_adapters::jq::language;
use jobq_adapters::jq::sandbox::{Bounds, Sandbox};
use jobq_core::config::Config;
use jobq_core::config::problem::Problem;
use jobq_core::jq::VARIABLES;

use crate::env_vars;
use crate::failure::Failure;

/// Runs programs by this program's own file. Starts nothing yet.
pub(crate) fn sandbox() -> Result<Sandbox, Failure> {
    Ok(Sandbox::of(env_vars::own_file()?, Bounds::default()))
}

/// Looks whether what was given to this flag is a program that uses nothing but its input.
pub(crate) fn check(flag: &str, code: &str) -> Result<(), Failure> {
    language::check(code, &[]).map_err(|wrong| {
        let failure = Failure::usage(format!("{flag}: {}", wrong.message));
        wrong.hint.into_iter().fold(failure, Failure::hint)
    })
}

/// What is wrong with the programs of a configuration read from this file.
pub(crate) fn problems(config: &Config, file: &str) -> Vec<Problem> {
    let grown = config.queues.values().flat_map(|queue| queue.growth.programs());
    let grown = grown.map(|program| (program, &VARIABLES[..]));
    let follow_ups = config.queues.values().filter_map(|queue| queue.on_complete.task.as_ref());
    let follow_ups = follow_ups.map(|task| (&task.task, &[][..]));
    let mut problems: Vec<Problem> = grown
        .chain(follow_ups)
        .filter_map(|(program, variables)| {
            let wrong = language::check(&program.code, variables).err()?;
            let message = format!("{}: {}", program.key, wrong.message);
            Some(Problem { file: file.to_owned(), line: program.line, message, hint: wrong.hint })
        })
        .collect();
    problems.sort_by_key(|problem| problem.line);
    problems
}
