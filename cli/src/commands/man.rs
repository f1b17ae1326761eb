//! `jobq man [DIR]`.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write jobq.1 and a page for every command into this folder [default: print jobq(1)]
    dir: Option<PathBuf>,
}

/// Prints the manual page of jobq, or writes all of them.
pub(crate) fn run(args: &Args, printer: Printer) -> Result<Exit, Failure> {
    // What `help` would do is told by the pages themselves.
    let mut command = args::Args::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        None => printer.raw(&page(&command).map_err(|error| failed("make the manual page", &error))?)?,
        Some(dir) => {
            let written = write(&command, dir)
                .map_err(|error| failed(&format!("write manual pages into {}", dir.display()), &error))?;
            printer.note(format_args!("wrote {written} manual pages into {}", dir.display()));
        }
    }
    Ok(Exit::Fine)
}

/// Writes the page of a command and those of the commands below it, and tells how many there are.
fn write(command: &Command, dir: &Path) -> io::Result<usize> {
    fs::create_dir_all(dir)?;
    fs::write(dir.join(format!("{}.1", name(command))), page(command)?)?;
    command.get_subcommands().map(|below| write(below, dir)).try_fold(1, |sum, below| Ok(sum + below?))
}

/// A command's page, in roff.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = format!("jobq {}", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).source(source).render(&mut page)?;
    Ok(page)
}

/// What a command's page is called: `jobq-dlq-redrive`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn failed(what: &str, error: &dyn Display) -> Failure {
    Failure::failed(format!("{what}: {error}"))
}
