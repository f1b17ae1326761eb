//! Pages that name what is there.

use std::path::Path;

use crate::manifests::{members, root};
use crate::nothing_wrong;
use crate::pages::{self, Page};
use crate::sources;

#[test]
fn every_link_leads_somewhere() {
    let pages = pages::all();
    assert!(pages.iter().any(|page| page.path == "README.md"));
    nothing_wrong(pages.iter().flat_map(|page| broken_links(page, &pages)));
}

#[test]
fn every_path_in_the_code_map_is_there() {
    let map = pages::one("ARCHITECTURE.md");
    let paths: Vec<&str> = map.code_spans().filter(|span| is_path(span)).collect();
    assert!(paths.len() > 30, "only {paths:?}");
    let missing = paths.into_iter().filter(|path| !root().join(path).exists());
    nothing_wrong(missing.map(|path| format!("ARCHITECTURE.md names {path}, which is not there")));
}

#[test]
fn every_crate_and_every_module_is_in_the_code_map() {
    let map = pages::one("ARCHITECTURE.md");
    let named = |path: &str| map.code_spans().any(|span| span.trim_end_matches('/') == path);
    let crates = members().into_iter().map(|member| member.folder);
    let folders = sources::of_programs().into_iter().filter_map(|source| {
        let folder = Path::new(&source.path).parent()?.to_str()?.to_owned();
        (!folder.ends_with("/src")).then_some(folder)
    });
    let mut missing: Vec<String> = crates.chain(folders).filter(|path| !named(path)).collect();
    missing.sort();
    missing.dedup();
    nothing_wrong(missing.into_iter().map(|path| format!("ARCHITECTURE.md doesn't name `{path}/`")));
}

/// A span that names a file or folder: `core/src/`, `test.sh`; not `jobq run` or `a::b`.
fn is_path(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let ending = Path::new(span).extension().and_then(|ending| ending.to_str());
    let file = ending.is_some_and(|ending| ["rs", "md", "sh", "toml"].contains(&ending));
    plain && (span.contains('/') || file && span != "jobq.toml")
}

fn broken_links(page: &Page, pages: &[Page]) -> Vec<String> {
    let inner = page.links().filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
    let broken = inner.filter(|link| !resolves(page, link, pages));
    broken.map(|link| format!("{}: the link to {link} leads nowhere", page.path)).collect()
}

fn resolves(page: &Page, link: &str, pages: &[Page]) -> bool {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let beside = Path::new(&page.path).parent().unwrap();
    let target = root().join(beside).join(path);
    let Some(anchor) = anchor else {
        return target.exists();
    };
    let is_target = |other: &&Page| {
        let shown = if path.is_empty() { root().join(&page.path) } else { target.clone() };
        shown.canonicalize().ok() == root().join(&other.path).canonicalize().ok()
    };
    pages.iter().find(is_target).is_some_and(|other| other.anchors().iter().any(|own| own == anchor))
}
