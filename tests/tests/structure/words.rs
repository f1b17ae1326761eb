//! Names that say nothing, and names that must stand in one place.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::manifests::root;
use crate::nothing_wrong;
use crate::pages;
use crate::sources::{Source, all, of_programs};

/// Names of files and modules that say nothing of what is in them.
const EMPTY: [&str; 10] =
    ["common", "defs", "helper", "helpers", "misc", "prelude", "shared", "types", "util", "utils"];

/// The file of each program that reads the environment, and the one that reads secrets from it.
const VARIABLES: [&str; 3] = [
    "autoscaler/src/bin/autoscaler/env_vars.rs",
    "cli/src/env_vars.rs",
    "drainer/src/bin/drainer/env_vars.rs",
];
const SECRETS: &str = "adapters/src/secrets.rs";

/// What a secret's variable starts with.
const SECRET_PREFIX: &str = "JOBQ_SECRET_";

#[test]
fn files_and_modules_have_names_that_say_something() {
    nothing_wrong(all().iter().flat_map(empty_names));
}

#[test]
fn the_environment_is_read_in_one_place() {
    let may_read = |path: &str| path == SECRETS || VARIABLES.contains(&path);
    let wrong = of_programs().into_iter().filter(|source| !may_read(&source.path));
    let reads = |source: &Source| source.code.contains("env::") || source.code.contains("use std::env");
    nothing_wrong(wrong.filter(reads).map(|source| format!("{} reads the environment", source.path)));
}

#[test]
fn every_variable_is_declared_and_documented() {
    let files = VARIABLES.iter().map(|file| fs::read_to_string(root().join(file)).unwrap());
    let mut declared: BTreeSet<String> = files.flat_map(|text| variables(&text)).collect();
    declared.retain(|name| !name.starts_with(SECRET_PREFIX));
    assert!(!declared.is_empty());
    let undeclared = of_programs().into_iter().flat_map(|source| {
        let named = variables(&source.text).into_iter();
        let unknown = named.filter(|name| !declared.contains(name) && !name.starts_with(SECRET_PREFIX));
        unknown.map(|name| format!("{}: {name} is declared nowhere", source.path)).collect::<Vec<_>>()
    });
    let written: String = pages::all().into_iter().map(|page| page.text).collect();
    let documented = declared.iter().map(String::as_str).chain([SECRET_PREFIX]);
    let undocumented =
        documented.filter(|name| !written.contains(*name)).map(|name| format!("no page names {name}"));
    nothing_wrong(undeclared.chain(undocumented));
}

/// `util.rs`, `util/`, `mod util`.
fn empty_names(source: &Source) -> Vec<String> {
    let file = Path::new(&source.path).with_extension("");
    let in_path = file.iter().filter_map(|part| part.to_str()).map(str::to_owned);
    let declared = source.code.split("mod ").skip(1);
    let declared =
        declared.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    let names: BTreeSet<String> = in_path.chain(declared).collect();
    let empty = names.into_iter().filter(|name| EMPTY.contains(&name.as_str()));
    empty.map(|name| format!("{}: '{name}' says nothing of what is in it", source.path)).collect()
}

/// Every word of a text that begins with `JOBQ_`.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("JOBQ_")).map(str::to_owned).collect()
}
