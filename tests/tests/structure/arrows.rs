//! Which crate may know which, and which module.

use std::collections::BTreeSet;

use crate::manifests::{Member, members};
use crate::nothing_wrong;
use crate::sources::{Source, of_programs};

/// All that the core is built from: text formats, time zones, urls, a digest for ids, and derives.
const OF_CORE: [&str; 10] = [
    "cronexpr",
    "httpdate",
    "jiff",
    "serde",
    "serde_json",
    "strsim",
    "thiserror",
    "toml",
    "url",
    "xxhash-rust",
];

/// Runtimes, databases, networks and chance: for adapters and the program alone.
const OUTSIDE: [&str; 16] = [
    "async-std",
    "aws-config",
    "aws-sdk-sqs",
    "fastrand",
    "getrandom",
    "hyper",
    "hyper-util",
    "lambda_runtime",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "ureq",
];

/// What would have the core reach outside itself.
const NOT_IN_CORE: [&str; 12] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "println!",
    "eprintln!",
    "spawn(",
];

#[test]
fn crates_know_each_other_only_as_the_arrows_say() {
    nothing_wrong(members().iter().flat_map(wrong_arrows));
}

#[test]
fn the_core_and_the_flows_are_built_from_nothing_outside() {
    nothing_wrong(members().iter().flat_map(wrong_dependencies));
}

/// A flow's crate holds its Lambda bootstrap too: that file alone is wired to adapters.
#[test]
fn flows_know_what_they_are_wired_to_in_their_bootstraps_alone() {
    let flows: Vec<Member> = members().into_iter().filter(|member| !member.wired_to.is_empty()).collect();
    assert!(flows.iter().any(|member| member.folder == "drainer"), "{flows:?}");
    nothing_wrong(flows.iter().flat_map(|member| {
        let words: Vec<String> = member.wired_to.iter().map(|name| name.replace('-', "_") + "::").collect();
        let sources = under(&format!("{}/src/", member.folder)).into_iter();
        let flow = sources.filter(|source| !source.path.contains("/src/bin/"));
        flow.flat_map(move |source| mentions(&source, &words.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    }));
}

#[test]
fn policy_knows_no_port() {
    let policy: Vec<Source> = under("core/src/policy/");
    assert!(!policy.is_empty());
    nothing_wrong(policy.iter().flat_map(|source| mentions(source, &["ports", "crate::config"])));
}

#[test]
fn the_core_reads_no_clock_environment_file_or_socket_and_spawns_nothing() {
    nothing_wrong(under("core/src/").iter().flat_map(|source| mentions(source, &NOT_IN_CORE)));
}

#[test]
fn crates_are_named_after_their_folders() {
    let wrong = members().into_iter().filter(|member| match member.folder.as_str() {
        "cli" => member.name != "jobq",
        folder => member.name != format!("jobq-{folder}"),
    });
    nothing_wrong(wrong.map(|member| format!("the crate in {} is called {}", member.folder, member.name)));
}

/// The siblings a crate may be built from. A folder that isn't here has to be thought about first.
fn may_know(folder: &str) -> &'static [&'static str] {
    match folder {
        "producer" | "drainer" | "autoscaler" | "adapters" | "infra" => &["jobq-core"],
        "cli" | "tests" => {
            &["jobq-adapters", "jobq-autoscaler", "jobq-core", "jobq-drainer", "jobq-infra", "jobq-producer"]
        }
        _ => &[],
    }
}

fn wrong_arrows(member: &Member) -> Vec<String> {
    let siblings: BTreeSet<String> = members().into_iter().map(|member| member.name).collect();
    let known = member.depends_on.union(&member.tested_with).filter(|name| siblings.contains(*name));
    let wrong = known.filter(|name| !may_know(&member.folder).contains(&name.as_str()));
    wrong.map(|name| format!("{} must not know {name}", member.name)).collect()
}

fn wrong_dependencies(member: &Member) -> Vec<String> {
    let may_depend = |name: &str| match member.folder.as_str() {
        "core" => OF_CORE.contains(&name),
        "producer" | "drainer" | "autoscaler" | "infra" => !OUTSIDE.contains(&name),
        _ => true,
    };
    let wrong = member.depends_on.iter().filter(|name| !may_depend(name));
    wrong.map(|name| format!("{} must not be built from {name}", member.name)).collect()
}

fn under(folder: &str) -> Vec<Source> {
    of_programs().into_iter().filter(|source| source.path.starts_with(folder)).collect()
}

fn mentions(source: &Source, words: &[&str]) -> Vec<String> {
    let lines = source.lines().flat_map(|(line, code)| {
        let found = words.iter().filter(move |word| code.contains(**word));
        found.map(move |word| (line, *word))
    });
    lines.map(|(line, word)| format!("{}:{line}: {word} has no place here", source.path)).collect()
}
