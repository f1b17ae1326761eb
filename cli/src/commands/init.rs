//! `jobq init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use jobq_core::config::template::TEMPLATE;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// Writes a commented configuration.
pub(crate) fn run(args: &Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    let path = project::config_path(global);
    let mut options = OpenOptions::new();
    options.write(true).truncate(args.force).create(args.force).create_new(!args.force);
    let file = options.open(&path).and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    let shown = path.display();
    match file {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::usage(format!("{shown} is there already")).hint("replace it with --force"));
        }
        Err(error) => return Err(Failure::failed(format!("write {shown}: {error}"))),
    }
    printer.note(format_args!("wrote {shown}: set your API's rate and hosts in it, then"));
    printer.note("  jobq push QUEUE FILE");
    printer.note("  jobq drain");
    Ok(Exit::Fine)
}
