//! What `cargo metadata` says of the workspace and of all it is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Its folder, seen from the workspace's.
    pub(crate) folder: String,
    /// What it is built from.
    pub(crate) depends_on: BTreeSet<String>,
    /// What its Lambda bootstrap is wired to beside that: optional, and for `src/bin` alone.
    pub(crate) wired_to: BTreeSet<String>,
    /// What its tests and examples need beside that.
    pub(crate) tested_with: BTreeSet<String>,
}

/// A crate that is part of a program, with the licence it names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) licence: Option<String>,
}

/// The crates of the workspace.
pub(crate) fn members() -> Vec<Member> {
    let metadata = metadata();
    let ids: BTreeSet<&str> = list(&metadata["workspace_members"]).iter().map(text).collect();
    let packages = list(&metadata["packages"]).iter();
    packages.filter(|package| ids.contains(text(&package["id"]))).map(member).collect()
}

/// Everything that `program` is built from, itself included, for this machine's platform.
pub(crate) fn parts_of(program: &str) -> BTreeSet<Part> {
    let metadata = metadata();
    let packages: BTreeMap<&str, &Value> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let start = packages.iter().find(|(_, package)| text(&package["name"]) == program).unwrap().0;
    let (mut seen, mut next) = (BTreeSet::new(), vec![*start]);
    while let Some(id) = next.pop() {
        if seen.insert(id) {
            let edges = list(&nodes[id]["deps"]).iter();
            next.extend(edges.filter(|edge| is_built_in(edge)).map(|edge| text(&edge["pkg"])));
        }
    }
    let part = |id: &str| Part {
        name: text(&packages[id]["name"]).to_owned(),
        licence: packages[id]["license"].as_str().map(str::to_owned),
    };
    seen.into_iter().map(part).collect()
}

/// What cargo says, asked once. Offline, and for this platform alone: others' crates were never fetched.
fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let rustc = run("rustc", &["-vV"]);
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let arguments =
            ["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host];
        serde_json::from_str(&run("cargo", &arguments)).unwrap()
    })
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn member(package: &Value) -> Member {
    let manifest = Path::new(text(&package["manifest_path"]));
    let folder = manifest.parent().unwrap().strip_prefix(root()).unwrap();
    let has_bootstrap = list(&package["targets"]).iter().any(|target| {
        text(&list(&target["kind"])[0]) == "bin" && text(&target["src_path"]).contains("/src/bin/")
    });
    let dependencies = |wanted: &dyn Fn(Option<&str>, bool) -> bool| {
        let all = list(&package["dependencies"]).iter();
        let wired = |one: &Value| has_bootstrap && one["optional"] == Value::Bool(true);
        all.filter(|one| wanted(one["kind"].as_str(), wired(one)))
            .map(|one| text(&one["name"]).to_owned())
            .collect()
    };
    Member {
        name: text(&package["name"]).to_owned(),
        folder: folder.to_str().unwrap().to_owned(),
        depends_on: dependencies(&|kind, wired| kind != Some("dev") && !wired),
        wired_to: dependencies(&|kind, wired| kind != Some("dev") && wired),
        tested_with: dependencies(&|kind, _| kind == Some("dev")),
    }
}

/// Normal and build dependencies; those of tests are in no program.
fn is_built_in(edge: &Value) -> bool {
    list(&edge["dep_kinds"]).iter().any(|kind| kind["kind"].as_str() != Some("dev"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
