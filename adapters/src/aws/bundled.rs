//! What travels with a function's program.

use std::fs;
use std::path::Path;

use jobq_core::config::Config;
use jobq_core::fault::{Fault, FaultKind};

/// The configuration's name beside the program.
pub const CONFIGURATION: &str = "jobq.toml";

/// Reads the configuration that lies in `folder`. A fault tells everything that is wrong with it in one line.
pub fn configuration(folder: &Path) -> Result<Config, Fault> {
    let path = folder.join(CONFIGURATION);
    let fault = || Fault::new(FaultKind::Lasting, format!("read {}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| fault().caused_by(error))?;
    Config::parse(CONFIGURATION, &text).map_err(|problems| {
        let problems: Vec<String> =
            problems.iter().map(|problem| problem.to_string().replace('\n', "")).collect();
        fault().caused_by(problems.join("; "))
    })
}
