//! `jobq synth`: the template that would be deployed.

use std::fs;
use std::path::PathBuf;

use jobq_core::config::Config;
use jobq_infra::template::Template;

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::project::{Project, config_text};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write it to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Prints the template, or writes it to a file. Asks nothing of AWS.
pub(crate) fn run(args: &Args, global: &Global, printer: Printer) -> Result<Exit, Failure> {
    config_text(global)?;
    let template = template(&Project::open(global, printer)?.config)?.to_string();
    match &args.out {
        None => printer.raw(template.as_bytes())?,
        Some(path) => {
            fs::write(path, template)
                .map_err(|error| Failure::failed(format!("write {}: {error}", path.display())))?;
            printer.note(format_args!("wrote {}", path.display()));
        }
    }
    Ok(Exit::Fine)
}

/// The template of a configuration. All that AWS wouldn't take of it is told at once.
pub(crate) fn template(config: &Config) -> Result<Template, Failure> {
    jobq_infra::render(config).map_err(|misfits| {
        let lines: Vec<String> = misfits.iter().map(ToString::to_string).collect();
        Failure::usage(lines.join("\n"))
    })
}
