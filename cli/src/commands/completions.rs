//! `jobq completions SHELL`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Prints the completion script.
pub(crate) fn run(shell: Shell, printer: Printer) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "jobq", &mut script);
    printer.raw(&script)?;
    Ok(Exit::Fine)
}
