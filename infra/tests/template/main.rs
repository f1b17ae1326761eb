//! Templates of whole configurations: as they stand, what holds for all of them, and what no stack can be made of.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

mod golden;
mod misfits;
mod promises;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

use jobq_core::config::Config;
use jobq_infra::template::Template;

/// The configurations whose templates lie beside them.
const GOLDEN: [&str; 3] = ["minimal", "hermes", "by-the-clock"];

fn golden(name: &str, extension: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name).with_extension(extension)
}

fn config(text: &str) -> Config {
    let problems = |problems: Vec<_>| -> String { format!("{problems:#?}") };
    Config::parse("jobq.toml", text).map_err(problems).expect("a good configuration")
}

fn rendered(name: &str) -> Template {
    let config = config(&fs::read_to_string(golden(name, "toml")).expect("a configuration"));
    jobq_infra::render(&config).expect("a template")
}
